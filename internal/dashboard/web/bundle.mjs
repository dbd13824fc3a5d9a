// Bundles src/main.tsx into dist: a script and a style sheet, named by their contents so that browsers
// may keep them, and index.html, which refers to them.
import {build} from 'esbuild'
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {basename} from 'node:path'

const result = await build({
	entryPoints: {app: 'src/main.tsx'},
	bundle: true,
	minify: true,
	format: 'esm',
	target: ['es2022'],
	jsx: 'automatic',
	jsxImportSource: 'preact',
	entryNames: '[name]-[hash]',
	outdir: 'dist/assets',
	metafile: true,
	legalComments: 'eof',
	logLevel: 'warning',
})

const outputs = Object.keys(result.metafile.outputs)
const named = extension => 'assets/' + basename(outputs.find(o => o.endsWith(extension)))
const page = await readFile('src/index.html', 'utf8')
await mkdir('dist', {recursive: true})
await writeFile('dist/index.html', page.replace('{{script}}', named('.js')).replace('{{style}}', named('.css')))

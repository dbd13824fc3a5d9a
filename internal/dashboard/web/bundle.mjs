// Bundles src/main.tsx into dist: a script and a style sheet, named by their contents so that browsers
// may keep them, and index.html, which refers to them.
import {build} from 'esbuild'
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {basename} from 'node:path'

// The licenses of the libraries, which require that copies have them.
const {dependencies} = JSON.parse(await readFile('package.json', 'utf8'))
const licenses = await Promise.all(Object.entries(dependencies).map(async ([name, version]) =>
	`/*! ${name} ${version}\n\n${(await readFile(`node_modules/${name}/LICENSE`, 'utf8')).trim()} */`))

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
	footer: {js: licenses.join('\n')},
	logLevel: 'warning',
})

const outputs = Object.keys(result.metafile.outputs)
const named = extension => 'assets/' + basename(outputs.find(o => o.endsWith(extension)))
const page = await readFile('src/index.html', 'utf8')
await mkdir('dist', {recursive: true})
await writeFile('dist/index.html', page.replace('{{script}}', named('.js')).replace('{{style}}', named('.css')))

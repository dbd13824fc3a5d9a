// The color scheme: that of the system, or the one that the user chose.
import {useState} from 'preact/hooks'
import {store, stored} from './storage'

const themes = {auto: 'Auto', light: 'Light', dark: 'Dark'}
type Theme = keyof typeof themes

/** applyTheme applies the theme that was chosen in this browser. */
export function applyTheme(theme: Theme = stored<Theme>('theme', 'auto')): void {
	// base.css has the two schemes; auto has no rule there.
	document.documentElement.dataset.theme = theme
}

/** ThemeSwitch lets the user choose a theme. */
export function ThemeSwitch() {
	const [theme, set] = useState(() => stored<Theme>('theme', 'auto'))
	const choose = (event: Event) => {
		const chosen = (event.currentTarget as HTMLSelectElement).value as Theme
		set(chosen)
		store('theme', chosen)
		applyTheme(chosen)
	}
	return (
		<select class="theme" aria-label="Theme" value={theme} onChange={choose}>
			{Object.entries(themes).map(([value, label]) => (
				<option key={value} value={value}>
					{label}
				</option>
			))}
		</select>
	)
}

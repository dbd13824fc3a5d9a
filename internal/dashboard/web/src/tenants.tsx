// The tenant whose jobs and runs are shown, and the switch to another one.
import {useEffect, useId, useState} from 'preact/hooks'
import {Dialog} from './components/dialog'
import {go, tenant} from './location'
import {store, stored} from './storage'

/** remembered is how many tenants the browser remembers. */
const remembered = 10

// What is stored may be of another version, or edited.
const recent = (): string[] => {
	const list = stored<unknown>('tenants', [])
	return Array.isArray(list) ? list.filter(t => typeof t === 'string').slice(0, remembered) : []
}

const address = (name: string) => '#/runs' + (name ? '?tenant=' + encodeURIComponent(name) : '')

/**
 * TenantSwitch shows the tenant. A dialog has the tenants that were used before, and takes another
 * one.
 */
export function TenantSwitch() {
	const [open, setOpen] = useState(false)
	const now = tenant()
	useEffect(() => {
		if (now) store('tenants', [now, ...recent().filter(t => t !== now)].slice(0, remembered))
	}, [now])
	return (
		<>
			<button
				type="button"
				class="tenant"
				aria-haspopup="dialog"
				title={`${now || 'default'}: switch to another tenant`}
				onClick={() => setOpen(true)}
			>
				<span class="weak">Tenant</span> <bdi>{now || 'default'}</bdi>
			</button>
			{open && <Choose now={now} onClose={() => setOpen(false)} />}
		</>
	)
}

function Choose({now, onClose}: {now: string; onClose: () => void}) {
	const input = useId()
	const choose = (event: SubmitEvent) => {
		event.preventDefault()
		const name = (new FormData(event.currentTarget as HTMLFormElement).get('tenant') as string).trim()
		onClose()
		go(address(name))
	}
	const others = ['', ...recent()].filter(t => t !== now)
	return (
		<Dialog title="Switch the tenant" class="tenants" onClose={onClose}>
			{others.length > 0 && (
				<ul>
					{others.map(t => (
						<li key={t}>
							<a href={address(t)} onClick={onClose}>
								<bdi>{t || 'The default tenant'}</bdi>
							</a>
						</li>
					))}
				</ul>
			)}
			<form onSubmit={choose}>
				<label for={input}>Another tenant</label>
				<input
					id={input}
					name="tenant"
					autofocus
					maxLength={64}
					spellcheck={false}
					autocomplete="off"
					autocapitalize="none"
				/>
				<div class="buttons">
					<button type="button" onClick={onClose}>
						Cancel
					</button>
					<button class="primary">Switch</button>
				</div>
			</form>
		</Dialog>
	)
}

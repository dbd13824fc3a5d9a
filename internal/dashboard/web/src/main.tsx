// The dashboard. Its addresses are in the hash, such as #/runs?statuses=running&tenant=acme, so
// that one page serves all of them and each can be reloaded and shared.
import {render} from 'preact'
import {App} from './app'
import {Gate} from './signin'
import {applyTheme} from './theme'
import './base.css'
import './components/components.css'

applyTheme()
render(<Gate><App /></Gate>, document.getElementById('app')!)

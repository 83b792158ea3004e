"""An emulated Prolific: its API, its webhooks and signed addresses, and a participant's site."""

import createCache from '@emotion/cache'
import { CacheProvider } from '@emotion/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element "root"')

// The policy of the page allows only styles that carry the nonce of this answer.
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce
const styles = createCache({ key: 'ott', prepend: true, ...(nonce !== undefined && { nonce }) })

/** React has taken away what it was drawing; an empty page would say nothing. */
function onUncaughtError(error: unknown): void {
  console.error(error)
  setTimeout(() => root?.replaceChildren('Something unforeseen went wrong in this page. Load it anew to go on.'))
}

createRoot(root, { onUncaughtError }).render(
  <StrictMode>
    <CacheProvider value={styles}>
      <App />
    </CacheProvider>
  </StrictMode>,
)

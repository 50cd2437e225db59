import { defineConfig } from 'vite'

const installation = process.env.OTT_URL || `http://localhost:${process.env.EDGE_PORT || 8080}`

export default defineConfig({
  root: new URL('page', import.meta.url).pathname,
  // The server puts a fresh nonce in its place at every answer; see src/serve-page.ts.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    emptyOutDir: true,
    // An inlined file would be a data: address, which the page's policy doesn't allow.
    assetsInlineLimit: 0,
    license: { fileName: 'assets/licenses.md' },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
    // "use client" in libraries means nothing here.
    rolldownOptions: { onwarn: (warning, warn) => void (warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning)) },
  },
  // `npm run dev -w @ott/dashboard` shows changes at once, with the data of an installation that runs.
  server: { host: '127.0.0.1', proxy: { '/graphql': { target: installation, ws: true }, '/v1': installation } },
})

import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import type { Express, Request, Response } from 'express'
import { noncePlaceholder, type BuiltPage, type PageFile } from './built-page.ts'

/** Adds the page to an app: `/`, and each of its files at its address. */
export function servePage(app: Express, { html, files }: BuiltPage): void {
  app.get('/', (_request, response) => {
    const nonce = randomBytes(16).toString('base64')
    protect(response)
    response.set('content-security-policy', contentSecurityPolicy(nonce))
    // It names the assets by their hashes and carries the nonce of this very answer.
    response.set('cache-control', 'no-cache')
    response.type('html').send(html.replaceAll(noncePlaceholder, nonce))
  })
  app.get(['/favicon.svg', '/assets/:file'], (request, response, next) => {
    const file = files.get(request.path)
    if (file === undefined) return next()
    sendFile(request, response, file)
  })
}

/** Only what comes from here, and styles that the page itself makes and marks with the nonce. `'self'` takes in the WebSocket. */
function contentSecurityPolicy(nonce: string): string {
  const directives = {
    'default-src': `'none'`,
    'script-src': `'self'`,
    'style-src': `'self' 'nonce-${nonce}'`,
    'img-src': `'self'`,
    'connect-src': `'self'`,
    'base-uri': `'none'`,
    'form-action': `'none'`,
    'frame-ancestors': `'none'`,
  }
  return Object.entries(directives).map(([name, sources]) => `${name} ${sources}`).join('; ')
}

function protect(response: Response): void {
  response.set({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  })
}

function sendFile(request: Request, response: Response, { plain, br, gzip }: PageFile): void {
  protect(response)
  response.vary('accept-encoding')
  // A name that ends in a hash of the content never means anything else.
  const isHashed = /^\/assets\/.+-[\w-]{8}\.\w+$/.test(request.path)
  response.set('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'public, max-age=3600')
  response.type(extname(request.path))
  const encoding = request.acceptsEncodings([...(br ? ['br'] : []), ...(gzip ? ['gzip'] : []), 'identity'])
  const body = encoding === 'br' ? br : encoding === 'gzip' ? gzip : undefined
  if (body !== undefined) response.set('content-encoding', String(encoding))
  response.send(body ?? plain)
}

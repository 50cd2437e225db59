import type { Form } from './decode-layers.ts'

const headers =
  'set-cookie2?|location|content-(?:type|length|encoding|disposition|security-policy|location|language)|transfer-encoding|host|refresh|connection|cache-control|access-control-[a-z-]{3,40}|x-[a-z0-9-]{2,40}|p3p|link|status|authorization|cookie|referer|user-agent|accept(?:-[a-z]{3,12})?|last-modified|server|pragma|expires|vary|via|bcc|cc|to|from|reply-to|mime-version'
/** A line break and a header, or the start of an answer or a body, behind it. */
const header = new RegExp(String.raw`(?:[\r\n]|\\r\\n|\\n)[ \t]{0,4}(?:(?:${headers})[ \t]{0,4}:[ \t]{0,4}[^\s]|http\/[0-9](?:\.[0-9])?[ \t]|(?:get|post|put|head|delete|options|trace|connect) [^\s]{1,400} http\/)`)
/** Behind an encoded break any header is one. */
const encoded = /%0[ad](?:%0[ad]|%09|%20|[ \t]){0,6}[a-z][a-z0-9-]{2,40}(?: |%20){0,2}(?::|%3a)(?!\/\/|%2f%2f)/
const body = /\r\n\r\n\s{0,4}</

/** Finds line breaks that add a header, or a second request or answer, of their own. */
export function isCrlf({ lower }: Form): boolean {
  if (lower.includes('%0') && encoded.test(lower)) return true
  return (lower.includes('\n') || lower.includes('\r') || lower.includes('\\n')) && (header.test(lower) || body.test(lower))
}

import { isScalar, isSeq, type Node, parseDocument, visit } from 'yaml'
import { hiddenSecret } from './read-http-config.ts'

/** Fields whose values are secrets: addresses of receivers carry keys. */
const secretFields = [
  'url', 'api_url', 'webhook_url', 'slack_api_url', 'routing_key', 'service_key', 'password', 'auth_password', 'auth_secret', 'smtp_auth_password', 'smtp_auth_secret',
  'credentials', 'bearer_token', 'signing_secret', 'signing_secrets',
]

/** The same text with `<secret>` in place of every secret, its comments without words: those may hold one too. What isn't YAML, or has aliases, comes to `<secret>` alone. */
export function redactConfiguration(text: string): string {
  const document = parseDocument(text, { schema: 'core', prettyErrors: false, uniqueKeys: false, logLevel: 'silent' })
  if (document.errors.length > 0) return hiddenSecret
  let hasAlias = false
  visit(document, {
    Alias: () => {
      hasAlias = true
      return visit.BREAK
    },
    Pair: (_, pair) => {
      if (isScalar(pair.key) && secretFields.includes(String(pair.key.value))) pair.value = hide(pair.value as Node | null)
    },
    Node: (_, node) => {
      node.comment = undefined
      node.commentBefore = undefined
    },
  })
  document.comment = null
  document.commentBefore = null
  return hasAlias ? hiddenSecret : document.toString({ lineWidth: 0 })
}

function hide(value: Node | null): unknown {
  if (isSeq(value)) {
    value.items = value.items.map(() => hiddenSecret)
    return value
  }
  return value === null || (isScalar(value) && value.value === null) ? value : hiddenSecret
}

/** What can be wrong with a decision log, at the first place where it doesn't hold. */
export const brokenReasons = [
  'gap',
  'batch-missing',
  'batch-differs',
  'previous-hash-differs',
  'hash-differs',
  'content-missing',
  'content-differs',
  'checkpoint-beyond-head',
  'checkpoint-hash-differs',
  'checkpoint-signature-invalid',
  'checkpoint-key-unknown',
  'event-without-entry',
] as const
export type BrokenReason = (typeof brokenReasons)[number]

/** Stable codes of everything that can go wrong over HTTP, with the titles of RFC 9457; clients may switch on the codes. */
export const problemTitles = {
  unauthenticated: 'The API key is missing or unknown',
  forbidden: 'The API key may not do this',
  'not-found': 'There is no such resource',
  'invalid-request': 'The request is not valid',
  'invalid-event': 'No event was accepted',
  'attack-detected': 'The events carry what looks like attacks',
  'too-large': 'The request is too large',
  'unsupported-media-type': 'The media type is not supported',
  unavailable: 'The service can not do this at the moment',
  conflict: 'The resource is not in a state for this',
  'self-approval': 'Somebody else must approve this',
  'not-approved': 'Nobody else has approved this yet',
  'no-evidence': 'It was neither in shadow nor backtested',
  'validates-worse': 'The version does not validate well enough to take the champion\'s place',
  'invalid-rules': 'The rules can not be put in force',
  'precondition-failed': 'Somebody else has changed it meanwhile',
  'precondition-required': 'If-Match must say which state is meant',
  busy: 'There is as much under way already as there may be',
  internal: 'Something went wrong',
} as const
export type ProblemCode = keyof typeof problemTitles

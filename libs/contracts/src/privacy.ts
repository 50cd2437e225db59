import type { z } from 'zod'

/**
 * How a field relates to a person. `pii` identifies one by itself (GDPR Art. 4(1)); `sensitive` is of a kind the
 * law protects more (viewing history, 18 U.S.C. § 2710(a)(3); location, Cal. Civ. Code § 1798.140(ae));
 * `linkable` identifies one together with other data (IP address, device id).
 */
export type Privacy = 'pii' | 'sensitive' | 'linkable'

/** Tags a field of a contract. The tag travels into the JSON Schema as `x-privacy`. */
export function personal<S extends z.ZodType>(privacy: Privacy, schema: S): S {
  return schema.meta({ 'x-privacy': privacy }) as S
}

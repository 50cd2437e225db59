import type { Form } from './decode-layers.ts'

const filters = /\)\s{0,4}\(\s{0,4}[|&!]|[*)]\s{0,4}\)\s{0,4}\(\s{0,4}[|&!a-z*]|\(\s{0,4}[|&!]\s{0,4}\(\s{0,4}[a-z!&|*]|\*\s{0,4}\(\s{0,4}[|&!]|\)\s{0,4}\(\s{0,4}[a-z][a-z0-9-]{1,30}\s{0,4}[~<>]?=/
const attribute = /\(\s{0,4}(?:objectclass|objectcategory|uid|cn|sn|mail|userpassword|samaccountname|ou|dc|givenname|memberof|description|homedirectory|userprincipalname|telephonenumber|gidnumber|uidnumber|password)\s{0,4}[~<>]?=[^()]{0,64}(?:\*|\))/
const ending = /\*\)\)?(?:\x00|%00|\\x00)|\)\)(?:\x00|%00|\\x00)|\*\s?\)\s?[&|(]|^[a-z0-9_@.]{1,20}\*\){1,8}$|\*\)\)$|^\(?[*]\s?[|&]|^\)\(|^\*\(\)|[*]\)\([a-z]/
const prefix = /^(?:[*]|[a-z0-9_]{1,20}\*)?\)?\s{0,2}\(?[|&]\s{0,2}\(/

/** Finds LDAP filters that close the program's own and open others. */
export function isLdapi({ lower }: Form): boolean {
  if (!lower.includes('(') && !lower.includes(')') && !lower.startsWith('*|')) return false
  return filters.test(lower) || attribute.test(lower) || ending.test(lower) || prefix.test(lower)
}

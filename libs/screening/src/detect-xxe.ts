import type { Form } from './decode-layers.ts'

const entity = /<!(?:entity|element|attlist|notation)\b|<!doctype\s{1,8}(?!html\s{0,4}>)[^>\[]{0,200}(?:\[|\bsystem\b|\bpublic\b)|<!doctype\s{1,8}(?!html)[a-z]/
const include = /<(?:xi|xinclude):include\b|\bxmlns:(?:xi|xsl|php)\s?=|<xsl:(?:stylesheet|value-of|include|import|template|copy-of)\b|<\?xml-stylesheet\b|xsi:schemalocation\s?=/
const declaration = /<\?xml\s{1,4}version/
const cdata = /<!\[cdata\[|\]\]>/
const reference = /^\s{0,8}[&%](?!(?:lt|gt|amp|quot|apos|nbsp|[lr][sd]quo|[mn]dash|hellip|copy|reg|trade|eacute|uuml|ouml|auml|szlig)\b)[a-z][a-z0-9]{1,20};\s{0,8}$|>\s{0,4}&(?!(?:lt|gt|amp|quot|apos|nbsp|copy|reg)\b)[a-z][a-z0-9]{1,20};\s{0,4}</
const island = /<xml\b|\bdatasrc\s?=/
/** XPath, whose injections come with those of XML. */
const xpath = /\b(?:child|parent|ancestor|descendant|following|preceding|attribute|self)(?:-or-self)?::|\bcount\s?\(\s?\/|\bname\s?\(\s?\)\s?=|\btext\s?\(\s?\)\s?=|\bstring-length\s?\(|\bdoc\s?\(\s?['"]|\/\/\*\[/

/** Finds XML that reaches outside itself: entities, document types, inclusions, style sheets; and XPath. */
export function isXxe({ lower }: Form): boolean {
  if (lower.includes('<') && (entity.test(lower) || include.test(lower) || declaration.test(lower) || island.test(lower))) return true
  if ((lower.includes('[') || lower.includes(']')) && cdata.test(lower)) return true
  if (lower.includes(';') && reference.test(lower)) return true
  return (lower.includes('::') || lower.includes('(') || lower.includes('//*')) && xpath.test(lower)
}

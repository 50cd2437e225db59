/** The kinds of attack that are told apart, in the order in which they are reported. */
export const attackClasses = ['sqli', 'xss', 'path-traversal', 'cmdi', 'ssti', 'xxe', 'ldapi', 'nosqli', 'crlf', 'log4shell'] as const
export type AttackClass = (typeof attackClasses)[number]

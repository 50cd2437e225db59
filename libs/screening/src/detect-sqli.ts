import type { Form } from './decode-layers.ts'
import { sqlTokens, type QuoteContext } from './sql-tokens.ts'

/**
 * Shapes of tokens (see {@link sqlTokens}) that injections have and sentences don't, wherever they stand. The idea of reading a
 * text as tokens from inside a quote is libinjection's (Galbreath 2012); these shapes are our own and are few and general
 * rather than a list of every fingerprint seen.
 */
const shapes: readonly RegExp[] = [
  // and 1=1, or 'a'='a', where 2=(2: a constant compared with a constant
  /[&pW!L][(o!]{0,8}[1scV]\){0,4}(?:o[1s]\){0,4}){0,3}=[(o!]{0,8}[1scV(fg]/,
  /[&pW][(o!]{0,8}[1sfg]l[(]{0,8}[1s]/,
  /[&pW(,;o=][(o!]{0,8}[fgh]\([^;]{0,30}\)=[(o]{0,6}[1s(]/,
  // union select
  /Ua?[(o]{0,4}S(?:a?[1scvV(fgho]|a?n[,FCo=;(]|$)/,
  /[s1)]\){0,6}Ua?\(?S/,
  /^(?:s|1|o1)?\)?Ua?C?$|[s1)]UaS?$/,
  // subselects
  /[(,][(o]{0,6}S(?:a?[1scvVofghK(]|[an]{1,2}[F,oC=(])/,
  // select … from
  /Sa?[oVvf1s][^;]{0,60}F[nNh(s]/,
  /Sa?(?:n,){1,20}nF/,
  /S[^;]{0,40}F[nN]W/,
  /F[^;]{0,6}N/,
  /SV|SK/,
  /Sa?[1scvV](?:,[1scvVn]){1,40}/,
  // another statement behind the first
  /;[ox(]{0,4}(?:S[a1scvVofghK(]|Snn?F|DT|DnnT|I[ian]|ua?n?t|dF|X[nfhsv(]|E[vyn(1sfh]|E$|EC|K)/,
  // telling functions
  /f\((?:[1scvV()ofghS,-]|n,)/,
  /[fghE]\(\(?[1s]=\(?[1s]|\([1s]=\(?[1s]\)[op&]/,
  /Bb[1(](?:,?[1)]){0,40}C/,
  /[&pWXS;]f$|Xf|^fn?s|[&p]\({0,4}f\(|^f\(n\)C|X\(v|Sv|[&p]nl[gfhs(]/,
  /[gfh]\([1s](?:,1)?\)[op][gh]\([1s]/,
  // statements whose beginning is telling enough
  /^x?I[a]?in(?:\(|t\(|S)/,
  /^x?unt(?:n=|v=)/,
  /DTn?nb|DTn\([n1]/,
  /^S(?:c|[fgh]\((?:\)|[1so]))/,
  /^DT[nNvs](?:$|[;C(,&]|Dn|n[1=(])/,
  /I?in[(][^;]{0,30}\)t\(/,
  /iO|Ey[s1v]|Ev[nh=]|EvX/,
  /KW?w?[(]{0,4}[1sfgh(S].{0,30}=/,
  /L?[fh]\(h\(1,/,
]

/** Shapes behind the quote that the text breaks out of: here the first token is the string it began in. */
const quotedShapes: readonly RegExp[] = [
  /^s\){0,8}[&p][(o!]{0,8}[1scvVfghnNSK](?:[)(o,]{0,6}[1scvVfghnN*]){0,4}\){0,6}=/,
  /^s\){0,8}[&p][(o!]{0,8}[1scvVK]\){0,6}(?:[C;]|$)|^s\){0,8}[&p][(!]{0,6}s(?:[C;]|[ope=s]s?$)/,
  /^s\){0,8}[&p]{1,2}[(o!]{0,8}[ns]!?[l]/,
  /^s\){0,8}(?:[&p]|[&p]!)\({0,8}(?:C|[fg]\()/,
  /^s\){0,8};?\){0,4}C/,
  /^s\){0,8};(?:[SDIudXETKW]|$)/,
  /^s\){0,8}[op]{1,2}\({0,8}(?:[SfgK1s]|h\([s1)])/,
  /^s\){0,8},\({0,8}[SfKg1]/,
  /^s\){0,8},s\){0,8}(?:,s\){0,8}){0,20}[C;]/,
  /^s\){0,8}=[(o]{0,6}[1s(fghS]/,
  /^s\){0,8}!?l\({0,8}[Ssf1(]/,
  /^s\){1,8}[&pWU]/,
  /^s\){0,8}W[(o!]{0,6}[1snfgh]/,
  /^s\){0,8}(?:BbL?|B)[1(hfgcs]/,
  /^s\){0,8}[&p]Bb|^s\){0,8}[&]n[=&C]/,
  /^s\){0,8}L[1fgh]/,
  /^s\){0,8}U(?:[aS(C]|$)/,
  /^s\){1,8}n?\){0,8};/,
  /^s\){0,8}[&p][^;]{0,40}[s1)=][^;]{0,40}C$/,
  /^ses$|^s&[(]{0,4}n=|^snn\)&/,
]

/** Shapes of a text that lands where a number stands. */
const numericShapes: readonly RegExp[] = [
  /^(?:o?[1n])\){1,8}[&pWU;,][^x]{0,20}[=Sfgh;CW]/,
  /^o?[1n]\){0,8}(?:BbL?)[1(hfgcs][,1s)]{0,60}(?:C|;|$)/,
  /^o?1\){1,8};?C|^o?1;C/,
  /^o?1[&p][(o!]{0,8}[1sncfgh][)]{0,6}=/,
  /^o?1[&p][(]{0,4}[nfgh][(]/,
  /^o?1;?[&p][(o!]{0,6}[1c]\){0,8}C/,
  /^[&p][(o!]{0,8}[1sc]\){0,8}(?:=|l|C)|^[&p]n=nC|^Bb1(?:,1){0,40}$/,
  /^o?1\){0,8}(?:[&p]|,)?\(?K/,
  /^o?1l[1s]|^DTn$/,
  /^o?1W[(o!]{0,6}[1snfgh].{0,20}[=C]/,
]

/** A comment in the place of a space, which nobody writes by accident. */
const gluedComment = /[a-z]\/\*\*\/[a-z]|\b(?:union|select|from|where|and|or|insert|update|delete|drop|order|having|sleep)\/\*[^*]{0,40}\*\//
/** Without one of these kinds none of the shapes can be met. */
const telling = /[&=USWFDIuXEKCpfghVBOy]|l[(1s]/
/** The quote ends, and not in the middle of a sentence. */
const brokenOut = /^s(?:[^n1hsfgxNFTa]|nn\))/
/** A name compared with itself. */
const tautology = /\b(?:or|and)\s{1,8}([a-z_]{1,20})\s{0,4}=\s{0,4}\1(?![a-z0-9_])/
const hint =
  /['"`]|--|\/\*|#|&&|\|\||@@|[a-z_]\(|\( ?[0-9]{1,12} ?=|\b(?:union|select|or|xor|and|having|where|rlike|insert|delete|drop|update|exec|execute|create|truncate|alter|declare|shutdown|waitfor|outfile|dumpfile|xp_\w|case|backup|copy)\b|\b(?:order|group)\s{1,8}by\b|[0-9] like\b/

/** Finds SQL injection, whichever quote the text may land in. */
export function isSqli({ lower }: Form): boolean {
  if (!hint.test(lower)) return false
  if (gluedComment.test(lower) || tautology.test(lower)) return true
  const contexts: QuoteContext[] = ['']
  if (lower.includes("'")) contexts.push("'")
  if (lower.includes('"')) contexts.push('"')
  return contexts.some((context) => {
    const tokens = sqlTokens(lower, context)
    if (telling.test(tokens) && matches(shapes, tokens)) return true
    return context === '' ? matches(numericShapes, tokens) : brokenOut.test(tokens) && matches(quotedShapes, tokens)
  })
}

function matches(patterns: readonly RegExp[], tokens: string): boolean {
  return patterns.some((pattern) => pattern.test(tokens))
}

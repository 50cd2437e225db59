import type { Form } from './decode-layers.ts'

/** Elements that run, load or submit something by themselves. */
const activeElement =
  /<[\s\0-\x1f/\\<%?!]{0,8}(?:[a-z][a-z0-9]{0,12}:)?(?:script|iframe|frame|frameset|object|embed|applet|meta|link|base|style|svg|math|layer|ilayer|bgsound|isindex|marquee|animate|animatetransform|animatemotion|set|handler|foreignobject|listener|xss|import|xml|blink|keygen|event-source|dialog|portal|plaintext|noscript|template|textarea|xmp|title)(?![a-z0-9-])/
/** Elements that load what they name. */
const loadingElement = /<[\s\0-\x1f/]{0,8}(?:img|image|video|audio|source|track|input|body|table|td|button|form|frame|picture|param|isindex|bgsound)[\s\0-\x1f/"'`+][^<]{0,400}?(?:src|srcset|srcdoc|background|poster|formaction|action|dynsrc|lowsrc|data|value)[\s\0-\x1f]{0,8}=/
const anyTag = /<[\s\0-\x1f/\\]{0,4}(?:[a-z!?%]|\/)/
/** `onload=` and its kind, as an attribute: behind a space, a slash, a quote, a control character. */
const handler = /(?:^|[\s\0-\x20/"'`;\x7f-\xa0+}])(?:on[a-z]{3,24}|fscommand|seeksegmenttime)[\s\0-\x20/+]{0,8}(?:=|&equals;)/
const handlerBehindQuote = /["'`][^<>]{0,60}?[\s\0-\x20/+"'`]?\bon[a-z]{3,24}[\s\0-\x20/+]{0,8}=[^=]/
const handlerWithCode = /\bon(?:[a-z]{3,24})[\s+]{0,4}=[\s"'`+]{0,4}[a-z_$.[\]()"']{1,40}[(`=]/
const attributeCode = /(?:style|behaviou?r|x)[\s\0-\x20]{0,8}[=:][^<>]{0,200}(?:expression|behaviou?r[\s]{0,4}:|-moz-binding|@import|javascript:|url[\s]{0,4}\()/
const scriptedStyle = /expression[\s\\]{0,4}\(|-moz-binding[\s]{0,4}:|@im\\?port\b.{0,8}["'(]|:\s{0,4}e\\?x\\?pression/
const linkedAttribute = /(?:datasrc|dataformatas|xlink:href|contenteditable|autofocus|formaction|srcdoc)[\s]{0,4}(?:=|[\s/>])/

/** With the white space out of it, as browsers read the scheme of an address. */
const scheme = /(?:javascript|vbscript|livescript|mocha|jscript|ecmascript):(?!\/\/$)[^,.]{0,300}?(?:[(`=[]|%28|\[code|void|alert|document|window|eval|\/\/|history|location)/
const dataScheme = /(?:\b|["'=(])data:(?:text\/(?:html|xml|javascript|x-)|image\/svg|application\/(?:x-|xhtml|xml|javascript)|[,;]|[^,\s]{0,40};base64,[a-z0-9+/]{0,12}(?:phnj|pgh0|pgnj|phn2))/
const otherScheme = /(?:feed:){1,4}(?:javascript|data)|asfunction:|view-source:javascript/

/** Calls that prove that code runs, or take what there is to be taken. */
const calls =
  /(?:^|[^a-z])(?:alert|confirm|prompt|msgbox)(?:(?:\?\.|\/\*\*\/)?[(`](?!s\))|\s{1,4}\(\s?["'/`])|(?:^|[^a-z])(?:alert|confirm|prompt)&(?:lpar|#)|(?:^|[^a-z.])(?:eval|settimeout|setinterval|execscript|importscripts)\s?[(`]\s{0,4}["'`\w/(.[]|\bfunction\s?\(\s{0,4}["'`]/
const document = /\b(?:document|window|self|top|parent|this|globalthis|frames)\s{0,4}(?:\.\s{0,4}(?:cookie|domain|location|write|writeln|body|createelement|getelementbyid|documentelement|alert|eval|name|onerror|open|href|referrer|url|defaultview|forms|scripts|execcommand|appendchild|implementation|constructor)\b|\[\s{0,4}["'/`(+\w])|\bstring\s?\.\s?fromcharcode|\.(?:innerhtml|outerhtml|insertadjacenthtml)\b|\b(?:xmlhttprequest|activexobject)\s?\(|\.constructor[\s.(\[]{1,4}|\bsrc\s?=\s?["']?(?:x|\/\/|https?:)[^\s]{0,80}\.(?:js|htc|svg|xss)\b|\bgeturl\s?\(|\b(?:import|fetch)\s?\(\s?["'`]|__(?:definegetter|definesetter|proto)__|\[["'][a-z]{2,20}["']\]\s?\(|\bthrow\b.{0,20}\bonerror\b|\b(?:localstorage|sessionstorage)\s?[.[(]|\blocation\s?=\s?["'`n]|\blocation\.(?:href|hash|replace|assign|search)\b|\bonerror\s?=\s?(?:alert|eval|confirm|prompt)/
const scriptEnd = /^[\s"'>]{0,8}<(?:(?:html|head|body|form|input|button|image|stylesheet)[\s/>]|!--)|^[\s"'>]{0,8}<\/[a-z]|<[\s\0-\x20]{0,4}\/[\s\0-\x20]{0,4}(?:script|style|title|textarea|iframe|noscript|xmp|svg|template)\b/
const probe = /^(?:&#x?0{0,9}(?:60|3c);?|%3c|\\[ux]\{?0{0,4}3c\}?|&lt;?)$|['"]{1,2}<['"]{1,3}>|<['"]{2,3}>|^['"]{2,4}>/
const namedCall = /[([=,](?:alert|confirm|prompt|eval)[,)\]]/
const utf7 = /\+adw-|\+ad4-|\+aga-/
const scriptWithoutBrackets = /^[-0-9>"'/ ]{0,8}(?:script|iframe|img|link|object|embed|meta|style|svg|body|input|xml|applet|layer|bgsound)[\s/]{1,4}(?:[a-z-]{1,12}=[^\s]{1,60}\s)?(?:src|href|rel|data|content|type|http-equiv|dynsrc|lowsrc|background|style|classid|codebase)\s?=|\w\([^()]{0,40}\)\s?;?\s?["']\s?\/?>|\bscript\s?alert\(|\/script\b[^a-z]{0,4}$|scr\\?0?<script|[\xbc\xa2]script[\xbe\s]/
const markupTricks = /<!\[cdata\[[^<]{0,40}<|<!--#(?:exec|include|echo|config|set)\b|<!--\[if\b|<\?(?:php|=|import|xml-stylesheet|echo)|<%[=@\s]|&\{.{0,80}\}|<!entity|\]\]>.{0,4}script|<[a-z]{1,12}\/[^>]{0,40}on[a-z]{3,24}=|<[^<>]{0,80}\bstyle\b[^<>]{0,120}(?:\\|\/\*|url|import)/

const quick = /[<`(=+&%\\]|:|document\./

/** Finds cross-site scripting: markup that acts, attributes and addresses that run, and script that breaks out of where it landed. */
export function isXss({ lower }: Form): boolean {
  if (!quick.test(lower)) return false
  if (lower.includes('<') && anyTag.test(lower)) {
    if (activeElement.test(lower) || loadingElement.test(lower) || handler.test(lower) || scriptEnd.test(lower)) return true
    if (attributeCode.test(lower) || scriptedStyle.test(lower) || markupTricks.test(lower) || linkedAttribute.test(lower)) return true
  }
  if (lower.includes('=') && (handlerWithCode.test(lower) || handlerBehindQuote.test(lower))) return true
  if (calls.test(lower) || document.test(lower) || scriptWithoutBrackets.test(lower) || probe.test(lower) || namedCall.test(lower) || utf7.test(lower)) return true
  return lower.includes(':') && isScriptedAddress(lower)
}

function isScriptedAddress(lower: string): boolean {
  if (scriptedStyle.test(lower)) return true
  // A colon behind a word that is followed by a space is prose: "JavaScript: The Good Parts (2008)".
  const packed = lower.replace(/script:[ ]{1,4}(?=[a-z])/g, 'script;').replace(/[\s\0-\x20\x7f]/g, '')
  return scheme.test(packed) || dataScheme.test(packed) || otherScheme.test(packed)
}

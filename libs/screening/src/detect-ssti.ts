import type { Form } from './decode-layers.ts'

/** What makes a placeholder an expression: arithmetic, a call, an index, a quote, a filter, or an object that opens doors. */
const expression = String.raw`(?:[0-9]\s{0,4}[*+\-/]\s{0,4}['"]?[0-9]|[(\[|'"*]|=>|@\w|\b(?:self|config|request|settings|this|constructor|class|dump|session|application|env|namespace|cycler|lipsum|joiner|url_for|get_flashed_messages|app|user\.password|debug|php|system)\b|__)`
const braces = new RegExp(String.raw`\{\{-?[^{}]{0,200}?${expression}[^{}]{0,400}\}\}?|\{\{[^}]{0,200}\{\{|\{%[-\s]?\s{0,4}[a-z][^%]{0,400}%\}|\{#.{0,60}\{\{|\{\{\{`)
const dollars = new RegExp(String.raw`[$#*@~]\{\{?[^{}]{0,200}?${expression}[^{}]{0,400}\}|[$#]\{\{?\s{0,4}[0-9]{1,6}\s{0,4}[*+\-/]|\$\{\{|\$\{T\(|\$\{\s{0,4}(?:print|phpinfo|system|sleep|new|javax?\.|self\.|class|product\.|object\.)`)
const tags = /<%[=\-@#]?\s{0,4}[^%]{1,400}%>|<#(?:assign|include|list|if|import|function|macro)\b|\[#(?:assign|if)\b|#(?:set|include|foreach|parse|evaluate|if|macro|define)\s?\(|\{(?:php|literal|if|include|system|math|fetch|eval)\b[^}]{0,200}\}|\[\[\s?\$\{|__\$\{|\[\[[^\]]{0,40}[*][^\]]{0,40}\]\]|\{if\s|@\([0-9]{1,8}\s?[*+\-/]|@\{|#\{\s?[0-9]|\$smarty\b|\{\$smarty|\$(?:class|session|request|application|out|response)\.(?:inspect|getclass|forname|type)/
const objects = /__(?:class|mro|subclasses|globals|builtins|init|base|bases|import|getattribute|dict|code)__|\.getclass\s?\(|java\.lang\.(?:runtime|class|processbuilder|system|string)|freemarker\.template|\?new\s?\(|t\(java\.|class\.forname|\.constructor\s?[(.[]|objectconstructor|registerundefinedfiltercallback|getfilter\(|\.newinstance\(|global\.process|mainmodule|\bprocess\.(?:env|binding|mainmodule)|self\.env|config\.items|\.from_string\(|\brequest\.application\b|_self\.|freemarker|velocity|\bexpression\.evaluate|\$x\.class|#rt\b|require\('child_process'\)|import os\b/
const ranges = /\{[$]?\{?\s{0,4}[0-9]{1,8}\s{0,4}[*+\-/]\s{0,4}['"]?[0-9]{1,8}['"]?\s{0,4}\}/
const quick = /\{|<%|<#|#(?:set|include|foreach|parse|if)|__|\.getclass|java\.|@\(|\[\[|\.constructor|\$|self\.|config\./

/** Finds template injection. A bare placeholder such as `{{name}}` or `${title}` is a template that wasn't filled in, and passes. */
export function isSsti({ lower }: Form): boolean {
  return quick.test(lower) && (braces.test(lower) || dollars.test(lower) || tags.test(lower) || objects.test(lower) || ranges.test(lower))
}

import { type ConformanceCase, fires, told } from './conformance-case.ts'

/** One route with matchers, and what it takes of three alerts: zone eu, zone us, and no zone. */
function takes(name: string, cites: string, route: string, taken: string): ConformanceCase {
  return {
    name,
    cites,
    routes: [route],
    steps: [fires(0, 'a', { zone: 'eu', kind: 'x' }), fires(0, 'b', { zone: 'us', kind: 'x' }), fires(0, 'c', { kind: 'y' })],
    expected: taken === '' ? [] : [told(30, 'team', taken)],
    untilS: 100,
  }
}

const syntax = 'configuration.md, <matcher>'

/** What matchers match. */
export const matcherCases: readonly ConformanceCase[] = [
  takes('= takes the value alone', `${syntax}, "="`, "{ receiver: team, matchers: ['zone=\"eu\"'] }", 'a'),
  takes('!= takes any other value, and an absent one', `${syntax}, "!="`, "{ receiver: team, matchers: ['zone!=\"eu\"'] }", 'b c'),
  takes('=~ takes what the expression matches', `${syntax}, "=~"`, "{ receiver: team, matchers: ['zone=~\"e.|us\"'] }", 'a b'),
  takes('!~ takes what the expression does not match, and an absent one', `${syntax}, "!~"`, "{ receiver: team, matchers: ['zone!~\"e.\"'] }", 'b c'),
  takes('expressions are anchored on both ends', 'configuration.md, <regex>, "The regex is anchored on both ends"', "{ receiver: team, matchers: ['zone=~\"e|s\"'] }", ''),
  takes('.* at both ends takes an anchor away', 'configuration.md, <regex>, "To un-anchor the regex"', "{ receiver: team, matchers: ['zone=~\".*s.*\"'] }", 'b'),
  takes('an empty value takes an absent label', 'configuration.md, <inhibit_rule>, missing and empty labels', "{ receiver: team, matchers: ['zone=\"\"'] }", 'c'),
  takes('what is not empty is there', 'configuration.md, <inhibit_rule>, missing and empty labels', "{ receiver: team, matchers: ['zone!=\"\"'] }", 'a b'),
  takes('an expression that matches nothing takes an absent label', 'configuration.md, <inhibit_rule>, missing and empty labels', "{ receiver: team, matchers: ['zone=~\"|eu\"'] }", 'a c'),
  takes('values are compared by case', syntax, "{ receiver: team, matchers: ['zone=\"EU\"'] }", ''),
  takes('an expression may set its case aside', 'configuration.md, <regex>, RE2 syntax', "{ receiver: team, matchers: ['zone=~\"(?i)EU\"'] }", 'a'),
  takes('all matchers have to match', 'configuration.md, <route>, matchers, "A list of matchers that an alert has to fulfill"', "{ receiver: team, matchers: ['kind=\"x\"', 'zone!=\"eu\"'] }", 'b'),
  takes('several matchers may stand in one text', `${syntax}, "a comma-separated list"`, "{ receiver: team, matchers: ['{kind=\"x\", zone=\"eu\"}'] }", 'a'),
  takes('values without quotes are read', `${syntax}, unquoted literals`, '{ receiver: team, matchers: [ zone = us ] }', 'b'),
  takes('the deprecated match takes equal values', 'configuration.md, <route>, match', '{ receiver: team, match: { zone: eu, kind: x } }', 'a'),
  takes('the deprecated match_re takes anchored expressions', 'configuration.md, <route>, match_re', "{ receiver: team, match_re: { zone: 'u|us' } }", 'b'),
  takes('no matchers take everything', 'configuration.md, <route>, matchers', '{ receiver: team }', 'a b c'),
  {
    name: 'names and values may have any letter',
    cites: 'configuration.md, "Label matchers", UTF-8',
    routes: ["{ receiver: team, matchers: ['\"straße 1\"=~\"grü.*\"'] }"],
    steps: [fires(0, 'a', { 'straße 1': 'grün' }), fires(0, 'b', { 'straße 1': 'blau' })],
    expected: [told(30, 'team', 'a')],
  },
]

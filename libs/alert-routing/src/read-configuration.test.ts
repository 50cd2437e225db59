import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { maxConfigurationLength, readConfiguration } from './read-configuration.ts'
import { redactConfiguration } from './redact-configuration.ts'

const minimal = 'route: { receiver: team }\nreceivers: [{ name: team }]\n'

const withRoute = (route: string) => `route: { receiver: team, ${route} }\nreceivers: [{ name: team }]`
const withReceiver = (receiver: string) => `route: { receiver: team }\nreceivers:\n  - name: team\n    ${receiver}`

function configurationOf(text: string) {
  const read = readConfiguration(text)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.configuration
}

function problemsOf(text: string): string[] {
  const read = readConfiguration(text)
  return read.ok ? [] : read.problems.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

test("the least configuration has Alertmanager's defaults", () => {
  const { route, receivers, resolveTimeoutMs } = configurationOf(minimal)
  expect(route).toMatchObject({ key: '{}', receiver: 'team', groupBy: [], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000, routes: [] })
  expect(receivers).toEqual([{ name: 'team', integrations: [] }])
  expect(resolveTimeoutMs).toBe(300_000)
})

test('routes inherit what they do not say, but for their intervals, and are told apart where their matchers are the same', () => {
  const { route } = configurationOf(`
route:
  receiver: team
  group_by: [alertname]
  group_wait: 10s
  routes:
    - matchers: ['severity="high"', 'zone=~"eu|us"']
      group_by: ['...']
      repeat_interval: 1h30m
      mute_time_intervals: [nights]
      continue: true
      routes: [{ match: { b: 1 }, match_re: { a: 'x.*' }, receiver: other, group_by: [] }]
    - matchers: ['zone=~"eu|us", severity="high"']
receivers: [{ name: team }, { name: other }]
time_intervals: [{ name: nights, time_intervals: [{ times: [{ start_time: '22:00', end_time: '24:00' }] }] }]
`)
  const [first, second] = route.routes
  expect(first).toMatchObject({ key: '{}/{severity="high",zone=~"eu|us"}', receiver: 'team', groupBy: 'all', groupWaitMs: 10_000, repeatIntervalMs: 5_400_000, continues: true })
  expect(first?.muteTimeIntervals).toEqual(['nights'])
  expect(first?.routes[0]).toMatchObject({ key: '{}/{severity="high",zone=~"eu|us"}/{a=~"x.*",b="1"}', receiver: 'other', groupBy: [], repeatIntervalMs: 5_400_000, muteTimeIntervals: [] })
  expect(second).toMatchObject({ key: '{}/{severity="high",zone=~"eu|us"}/1', groupBy: ['alertname'] })
})

test('receivers have what they say, what is global, and the defaults of their kind', () => {
  const { receivers } = configurationOf(`
global:
  smtp_from: a@example.org
  smtp_smarthost: mail.example.org:587
  smtp_auth_username: me
  smtp_auth_password: s3cret
  slack_api_url: https://hooks.slack.com/services/x
  http_config: { authorization: { credentials: token } }
route: { receiver: team }
receivers:
  - name: team
    webhook_configs:
      - { url: 'https://example.org/hook', signing_secret: whsec_${Buffer.alloc(24, 1).toString('base64')}, max_alerts: 5, timeout: 10s }
      - { url: 'http://example.org', send_resolved: false, http_config: { basic_auth: { username: u, password: p } } }
    email_configs: [{ to: '"Doe, J" <j@example.org>, k@example.org', headers: { Subject: Alert, X-Team: compliance } }]
    slack_configs: [{ channel: '#alerts' }]
    msteams_configs: [{ webhook_url: 'https://example.org/teams' }]
    msteamsv2_configs: [{ webhook_url: 'https://example.org/teams', title: Alert }]
    pagerduty_configs: [{ routing_key: abc, severity: critical }]
    alertmanager_configs: [{ url: 'http://alertmanager.example.org:9093' }]
`)
  const bearer = { type: 'bearer', credentials: 'token' }
  expect(receivers[0]?.integrations).toMatchObject([
    { key: 'webhook[0]', kind: 'webhook', sendResolved: true, maxAlerts: 5, timeoutMs: 10_000, authorization: bearer },
    { key: 'webhook[1]', sendResolved: false, signingSecrets: [], maxAlerts: 0, authorization: { type: 'basic', username: 'u', password: 'p' } },
    {
      key: 'email[0]', kind: 'email', sendResolved: false, to: ['"Doe, J" <j@example.org>', 'k@example.org'], from: 'a@example.org', smarthost: 'mail.example.org:587',
      hello: 'localhost', username: 'me', password: 's3cret', requireTls: true, headers: { Subject: 'Alert', 'X-Team': 'compliance' },
    },
    { key: 'slack[0]', kind: 'slack', sendResolved: false, apiUrl: 'https://hooks.slack.com/services/x', channel: '#alerts' },
    { key: 'msteams[0]', kind: 'msteams', sendResolved: true },
    { key: 'msteamsv2[0]', kind: 'msteams', sendResolved: true, title: 'Alert' },
    { key: 'pagerduty[0]', kind: 'pagerduty', sendResolved: true, routingKey: 'abc', url: 'https://events.pagerduty.com/v2/enqueue', severity: 'critical' },
    { key: 'alertmanager[0]', kind: 'alertmanager', sendResolved: true, authorization: bearer },
  ])
})

test('a password that is empty is none', () => {
  const text = withReceiver("email_configs: [{ to: a@b, from: a@b, smarthost: x:25, auth_password: '' }]")
  expect(configurationOf(text).receivers[0]?.integrations).toMatchObject([{ password: undefined }])
})

test('inhibition, intervals, schedules and escalations are read', () => {
  const configuration = configurationOf(`
route: { receiver: team, escalation: wake }
receivers: [{ name: team }, { name: ann }, { name: bob }]
inhibit_rules:
  - { source_matchers: ['severity="critical"'], target_match: { severity: warning }, target_match_re: { zone: 'e.' }, equal: [alertname] }
mute_time_intervals: [{ name: old, time_intervals: [{ years: ['2020:2022', 2030] }] }]
time_intervals:
  - name: office
    time_intervals:
      - { times: [{ start_time: '09:00', end_time: '17:00' }], weekdays: ['Monday:friday'], days_of_month: ['1:5', '-3:-1'], months: ['1:3', may, 12], location: Europe/Berlin }
on_call_schedules:
  - name: primary
    time_zone: Europe/Berlin
    rotations: [{ start: 2026-01-05T09:00:00, shift: 1w, receivers: [ann, bob], active_time_intervals: [office] }]
    overrides: [{ from: 2026-01-06T00:00:00Z, until: 2026-01-07T01:00:00, receiver: bob }]
escalations: [{ name: wake, repeat: 2, steps: [{ after: 5m, schedules: [primary] }, { after: 15m, receivers: [team] }] }]
`)
  expect(configuration.inhibitRules[0]).toMatchObject({ source: [{ name: 'severity', operator: '=' }], target: [{ name: 'severity' }, { name: 'zone', operator: '=~' }], equal: ['alertname'] })
  expect(configuration.timeIntervals.get('old')).toMatchObject([{ years: [{ begin: 2020, end: 2022 }, { begin: 2030, end: 2030 }] }])
  expect(configuration.timeIntervals.get('office')).toEqual([
    {
      times: [{ startMinute: 540, endMinute: 1020 }],
      weekdays: [{ begin: 1, end: 5 }],
      daysOfMonth: [{ begin: 1, end: 5 }, { begin: -3, end: -1 }],
      months: [{ begin: 1, end: 3 }, { begin: 5, end: 5 }, { begin: 12, end: 12 }],
      years: [],
      timeZone: 'Europe/Berlin',
    },
  ])
  expect(configuration.onCallSchedules).toEqual([
    {
      name: 'primary',
      timeZone: 'Europe/Berlin',
      rotations: [{ start: '2026-01-05T09:00:00', shift: { count: 1, unit: 'weeks' }, receivers: ['ann', 'bob'], activeTimeIntervals: ['office'] }],
      overrides: [{ fromMs: Date.UTC(2026, 0, 6), untilMs: Date.UTC(2026, 0, 7), receiver: 'bob' }],
    },
  ])
  expect(configuration.escalations).toEqual([
    { name: 'wake', repeat: 2, steps: [{ afterMs: 300_000, receivers: [], schedules: ['primary'] }, { afterMs: 900_000, receivers: ['team'], schedules: [] }] },
  ])
  expect(configuration.route.escalation).toBe('wake')
})

const refused: readonly [text: string, problem: string][] = [
  ['', '1:1 the configuration is empty'],
  ['a: [', "1:5 this isn't YAML"],
  ['- 1', '1:1 expected a mapping of fields'],
  ['receivers: []', '1:1 route is missing'],
  ['route: {}\n', '1:8 route: the root route needs a receiver'],
  ['route: { receiver: nobody }', "1:20 route.receiver: there is no receiver 'nobody'"],
  [`${minimal}rooute: 1`, '3:9 rooute: unknown field, expected one of global, route'],
  [`${minimal}route: { receiver: team }`, '3:1 route: is there twice'],
  [`${minimal}templates: [a]`, '3:12 templates: templates are not supported'],
  [`${minimal}tracing: {}`, '3:10 tracing: is not supported'],
  [`x: &x 1\n${minimal}inhibit_rules: *x`, '4:16 inhibit_rules: aliases are not supported'],
  [withRoute('matchers: [a=b]'), '1:36 route.matchers: the root route must not have any'],
  [withRoute('mute_time_intervals: [x]'), 'route.mute_time_intervals: the root route must not have any'],
  [withRoute('continue: true'), 'route.continue: the root route has no sibling'],
  [withRoute('group_by: [a, a]'), '1:40 route.group_by[1]: is there twice'],
  [withRoute("group_by: ['...', a]"), "route.group_by[0]: '...' stands for all labels"],
  [withRoute('group_interval: 0s'), 'route.group_interval: has to be greater than zero'],
  [withRoute('repeat_interval: 0'), 'route.repeat_interval: has to be greater than zero'],
  [withRoute('group_wait: 5 minutes'), "route.group_wait: isn't a duration"],
  [withRoute('escalation: x'), "route.escalation: there is no escalation 'x'"],
  [withRoute('routes: [{ matchers: ["a=~("] }]'), "1:48 route.routes[0].matchers[0]: '(' isn't an expression of RE2"],
  [withRoute("routes: [{ matchers: ['a=~{'] }]"), "route.routes[0].matchers[0]: expected a value at character 4"],
  [withRoute('routes: [{ mute_time_intervals: [x] }]'), "route.routes[0].mute_time_intervals[0]: there is no time interval 'x'"],
  [withRoute('routes: [{ receiver: x }]'), "there is no receiver 'x'"],
  ['route: { receiver: a }\nreceivers: [{ name: a }, { name: a }]', "2:34 receivers[1].name: the receiver 'a' is there twice"],
  ['route: { receiver: a }\nreceivers: [{ name: a }, {}]', '2:26 receivers[1]: name is missing'],
  [withReceiver('opsgenie_configs: []'), '4:23 receivers[0].opsgenie_configs: opsgenie is not supported: we send by webhook'],
  [withReceiver('webhook_configs: [{}]'), '4:23 receivers[0].webhook_configs[0]: url is missing'],
  [withReceiver('webhook_configs: [{ url: ftp://secret }]'), "4:30 receivers[0].webhook_configs[0].url: isn't a URL of http or https"],
  [withReceiver("webhook_configs: [{ url: 'http://me:secret@x' }]"), 'use http_config.basic_auth'],
  [withReceiver("webhook_configs: [{ url: '<secret>' }]"), 'the secret is hidden in this text'],
  [withReceiver("webhook_configs: [{ url_file: '/x' }]"), 'url_file: secrets in files are not supported'],
  [withReceiver("webhook_configs: [{ url: 'http://x', http_config: { proxy_url: x } }]"), 'proxy_url: proxies are not supported'],
  [withReceiver("webhook_configs: [{ url: 'http://x', http_config: { follow_redirects: true } }]"), 'redirects are never followed'],
  [withReceiver("webhook_configs: [{ url: 'http://x', signing_secret: whsec_c2hvcnQ= }]"), 'signing_secret: expected whsec_ and 24 to 64 bytes'],
  [withReceiver("slack_configs: [{ api_url: 'http://x', title: '{{ .x }}' }]"), 'title: Go templates ({{ … }}) are not supported'],
  [withReceiver("slack_configs: [{ api_url: 'http://x', color: red }]"), 'color: is not supported'],
  [withReceiver('slack_configs: [{}]'), 'api_url is missing, and there is no global slack_api_url'],
  [withReceiver('email_configs: [{ to: a@b.example }]'), 'from is missing, and there is no global smtp_from'],
  [withReceiver('email_configs: [{ to: nobody, from: a@b, smarthost: x:25 }]'), 'to: expected addresses of mail'],
  [withReceiver('email_configs: [{ to: a@b, from: "a@b\\nbcc: c@d", smarthost: x:25 }]'), 'from: has to be one line'],
  [withReceiver('email_configs: [{ to: a@b, from: a@b, smarthost: x }]'), 'smarthost: expected host:port'],
  [withReceiver('email_configs: [{ to: a@b, from: a@b, smarthost: x:25, headers: { To: x } }]'), 'headers.To: is set by us'],
  [withReceiver('pagerduty_configs: [{ service_key: x }]'), 'service_key: is not supported'],
  [`${minimal}time_intervals: [{ name: a }, { name: a }]`, "the time interval 'a' is there twice"],
  [`${minimal}time_intervals: [{ name: a, time_intervals: [{ times: [{ start_time: '22:00', end_time: '06:00' }] }] }]`, 'start_time has to be before end_time'],
  [`${minimal}time_intervals: [{ name: a, time_intervals: [{ times: [{ start_time: '9:00', end_time: '24:01' }] }] }]`, 'end_time: expected a time of day'],
  [`${minimal}time_intervals: [{ name: a, time_intervals: [{ weekdays: [friday:monday] }] }]`, 'weekdays[0]: ends before it begins'],
  [`${minimal}time_intervals: [{ name: a, time_intervals: [{ days_of_month: ['-1:5'] }] }]`, 'what begins with a negative day has to end with one'],
  [`${minimal}time_intervals: [{ name: a, time_intervals: [{ months: [13] }] }]`, 'months[0]: expected a month'],
  [`${minimal}time_intervals: [{ name: a, time_intervals: [{ location: Mars/Base }] }]`, "location: 'Mars/Base' isn't a time zone"],
  [`${minimal}time_intervals: [{ name: a, time_intervals: [{ location: Local }] }]`, "'Local' is not supported"],
  [`${minimal}on_call_schedules: [{ name: a, time_zone: UTC, rotations: [{ start: today, shift: 1m, receivers: [] }] }]`, 'start: expected a local time'],
  [`${minimal}escalations: [{ name: a, steps: [] }]`, 'steps needs at least one'],
  [`${minimal}escalations: [{ name: a, steps: [{ after: 2m, receivers: [team] }, { after: 1m, receivers: [team] }] }]`, 'in the order of their times'],
]

test.each(refused.map(([text, problem]) => [problem, text] as const))('a configuration is refused where it is wrong: %s', (problem, text) => {
  expect(problemsOf(text).join('\n')).toContain(problem)
})

test('all problems are told at once, in the order of the text, and none tells a secret', () => {
  const problems = problemsOf(`
route: { receiver: x, group_wait: y }
receivers: [{ name: team, webhook_configs: [{ url: "s3cret" }], pagerduty_configs: [{ routing_key: "s3\\ncret" }] }]
global: { smtp_auth_password: { s3cret: 1 } }
`)
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['2:20', '2:35', '3:52', '3:100', '4:31'])
  expect(problems.join()).not.toContain('s3')
})

test.each([
  ['more text than is taken', `# ${'x'.repeat(maxConfigurationLength)}`, 'at most'],
  ['more routes than are taken', `route:\n  receiver: team\n  routes:\n${'  - {}\n'.repeat(499)}  - { routes: [{}] }\nreceivers: [{ name: team }]`, 'at most 500 routes'],
  ['more receivers than are taken', `route: { receiver: r1 }\nreceivers:\n${Array.from({ length: 501 }, (_, n) => `  - name: r${n}\n`).join('')}`, 'at most 500'],
  ['more matchers than are taken', `${minimal}inhibit_rules:\n${"  - source_matchers: ['a=b,a=b,a=b,a=b,a=b']\n".repeat(401)}`, 'more matchers than are taken'],
  ['brackets without end', '['.repeat(100_000), 'nested too deeply'],
  ['quotes without end', '"'.repeat(100_000), "isn't YAML"],
  ['a bomb of aliases', `a: &a [x]\nb: &b [${'*a,'.repeat(100)}]\nroute: *b`, 'aliases are not supported'],
])('%s is refused', (_, text, problem) => {
  expect(problemsOf(text).join()).toContain(problem)
})

test('any text gives an answer', () => {
  const words = ['route:', ' receiver: ', 'team', '\n', '  ', '- ', '{', '}', '[', ']', 'routes: ', 'matchers: ', 'receivers: ', 'name: ', 'a=~"x"', '&a ', '*a', '!!map ', '? ', '|', '"', "'", 'times: ', 'time_intervals: ', 'null', '1', '__proto__: ']
  const mixed = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), mixed), (text) => {
      const read = readConfiguration(text)
      expect(read.ok || read.problems.length > 0).toBe(true)
      if (!read.ok) expect(read.problems.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true)
      expect(typeof redactConfiguration(text)).toBe('string')
    }),
    { numRuns: 300 },
  )
})

test('any tree of known fields with any values gives an answer', () => {
  const fields = ['route', 'receiver', 'receivers', 'name', 'routes', 'group_by', 'webhook_configs', 'url', 'email_configs', 'to', 'headers', 'time_intervals', 'times', 'weekdays', 'on_call_schedules', 'rotations', 'escalations', 'steps', 'inhibit_rules', 'source_match', 'global', 'http_config']
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 5 }, fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), fc.array(tie('tree'), { maxLength: 3 }), fc.dictionary(fc.constantFrom(...fields), tie('tree'), { maxKeys: 4 })),
  }))
  fc.assert(fc.property(tree, (value) => expect(typeof readConfiguration(JSON.stringify(value)).ok).toBe('boolean')), { numRuns: 300 })
})

test('a redacted configuration is the same but for its secrets', () => {
  const text = `
# the password is s3cret
global: { smtp_auth_password: s3cret, smtp_from: a@b.example, smtp_smarthost: x:25 }
route:
  receiver: team # s3cret
receivers:
  - name: team
    webhook_configs:
      - url: https://s3cret.example
        signing_secrets: [whsec_s3cret, "s3cret"]
        http_config:
          authorization:
            credentials: |
              s3cret
`
  const redacted = redactConfiguration(text)
  expect(redacted).not.toContain('s3cret')
  expect(redacted).toContain('smtp_from: a@b.example')
  expect(redacted).toContain('<secret>')
  expect(redactConfiguration(minimal)).toBe(minimal.replace('}]', '} ]').replace('[{', '[ {'))
  expect(redactConfiguration('a: [s3cret')).toBe('<secret>')
})

test('the configuration in the README is taken', () => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(readFileSync(new URL('../README.md', import.meta.url), 'utf8')) ?? []
  expect(configurationOf(yaml).escalations[0]?.steps[0]?.schedules).toEqual(['primary'])
})

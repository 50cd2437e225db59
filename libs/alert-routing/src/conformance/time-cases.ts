import { type ConformanceCase, ends, fires, told } from './conformance-case.ts'

/** Every case begins at 09:00 UTC on Monday, the 5th of January 2026. */
export const conformanceStartMs = Date.UTC(2026, 0, 5, 9)

const timeIntervals = { always: "[{ years: ['2000:2999'] }]", never: "[{ years: ['1990:1999'] }]" }
const muting = 'configuration.md, <route>, mute_time_intervals, "When a route is muted it will not send any notifications"'
const activating = 'configuration.md, <route>, active_time_intervals, "The route will send notifications only when active"'
const clock = 'the hours of the day cannot be scaled'

/** Routes that are told by the time. */
export const timeCases: readonly ConformanceCase[] = [
  {
    name: 'a route within one of its mute intervals tells nothing',
    cites: muting,
    routes: ['{ receiver: team, mute_time_intervals: [never, always] }'],
    timeIntervals,
    steps: [fires(0, 'a')],
    expected: [],
    untilS: 225,
  },
  {
    name: 'a route outside of its mute intervals tells',
    cites: muting,
    routes: ['{ receiver: team, mute_time_intervals: [never] }'],
    timeIntervals,
    steps: [fires(0, 'a')],
    expected: [told(30, 'team', 'a')],
  },
  {
    name: 'a route within one of its active intervals tells',
    cites: activating,
    routes: ['{ receiver: team, active_time_intervals: [never, always] }'],
    timeIntervals,
    steps: [fires(0, 'a')],
    expected: [told(30, 'team', 'a')],
  },
  {
    name: 'a route outside of all its active intervals tells nothing',
    cites: activating,
    routes: ['{ receiver: team, active_time_intervals: [never] }'],
    timeIntervals,
    steps: [fires(0, 'a')],
    expected: [],
    untilS: 225,
  },
  {
    name: 'muting counts before being active',
    cites: 'configuration.md, <route>, mute_time_intervals and active_time_intervals',
    routes: ['{ receiver: team, active_time_intervals: [always], mute_time_intervals: [always] }'],
    timeIntervals,
    steps: [fires(0, 'a')],
    expected: [],
    untilS: 100,
  },
  {
    name: 'a muted route still takes the alert from its siblings',
    cites: 'configuration.md, <route>, mute_time_intervals, "including ending the route-matching process"',
    routes: ['{ receiver: team, mute_time_intervals: [always] }', '{ receiver: other }'],
    timeIntervals,
    steps: [fires(0, 'a')],
    expected: [],
    untilS: 100,
  },
  {
    name: 'a muted route that continues leaves the alert to its siblings',
    cites: 'configuration.md, <route>, example: muted in offhours, continue to the next sub-route',
    routes: ['{ receiver: team, mute_time_intervals: [always], continue: true }', '{ receiver: other, active_time_intervals: [always] }'],
    timeIntervals,
    steps: [fires(0, 'a')],
    expected: [told(30, 'other', 'a')],
  },
  {
    name: "a child does not inherit its parent's intervals",
    cites: 'dispatch/route.go, newRoute',
    routes: ['{ receiver: nobody, mute_time_intervals: [always], routes: [{ receiver: team }] }'],
    timeIntervals,
    steps: [fires(0, 'a')],
    expected: [told(30, 'team', 'a')],
  },
  {
    name: 'a list of intervals holds where one of them does',
    cites: 'configuration.md, <time_interval>, time_intervals',
    routes: ['{ receiver: team, active_time_intervals: [either] }'],
    timeIntervals: { either: "[{ years: ['1990'] }, { months: ['january:december'], years: ['2000:2999'] }]" },
    steps: [fires(0, 'a')],
    expected: [told(30, 'team', 'a')],
  },
  {
    name: 'all fields of an interval have to hold',
    cites: 'configuration.md, <time_interval_spec>, "all fields must match"',
    routes: ['{ receiver: team, active_time_intervals: [both] }'],
    timeIntervals: { both: "[{ weekdays: ['sunday:saturday'], days_of_month: ['1:-1'], years: ['1990'] }]" },
    steps: [fires(0, 'a')],
    expected: [],
    untilS: 100,
  },
  {
    name: 'what still fires is told at the first interval after the muting ends',
    cites: `${muting}; <time_interval_spec>, times`,
    routes: ['{ receiver: team, mute_time_intervals: [early] }'],
    timeIntervals: { early: "[{ times: [{ start_time: '08:00', end_time: '09:02' }] }]" },
    steps: [fires(0, 'a')],
    expected: [told(150, 'team', 'a')],
    drivenOnly: clock,
  },
  {
    name: 'muting begins with the first minute of its time',
    cites: 'configuration.md, <time_interval_spec>, "inclusive of the starting time and exclusive of the end time"',
    routes: ['{ receiver: team, mute_time_intervals: [soon] }'],
    timeIntervals: { soon: "[{ times: [{ start_time: '09:02', end_time: '10:00' }] }]" },
    steps: [fires(0, 'a'), fires(60, 'b'), fires(120, 'c')],
    expected: [told(30, 'team', 'a'), told(90, 'team', 'a b')],
    untilS: 400,
    drivenOnly: clock,
  },
  {
    name: 'an interval is read on the clock of its location',
    cites: 'configuration.md, <time_interval_spec>, location',
    routes: ['{ receiver: team, active_time_intervals: [berlin], continue: true }', '{ receiver: other, active_time_intervals: [utc] }'],
    timeIntervals: {
      berlin: "[{ times: [{ start_time: '10:00', end_time: '11:00' }], weekdays: [monday], location: 'Europe/Berlin' }]",
      utc: "[{ times: [{ start_time: '10:00', end_time: '11:00' }], weekdays: [monday] }]",
    },
    steps: [fires(0, 'a')],
    expected: [told(30, 'team', 'a')],
    drivenOnly: clock,
  },
  {
    name: 'what was told of and ends while the route is muted is told as resolved',
    cites: muting,
    routes: ['{ receiver: team, mute_time_intervals: [soon] }'],
    timeIntervals: { soon: "[{ times: [{ start_time: '09:01', end_time: '10:00' }] }]" },
    steps: [fires(0, 'a b'), ends(70, 'a')],
    expected: [told(30, 'team', 'a b'), told(90, 'team', '', 'a')],
    untilS: 400,
    drivenOnly: clock,
    differs: { why: 'if firing was sent, resolved is sent', there: [told(30, 'team', 'a b')] },
  },
]

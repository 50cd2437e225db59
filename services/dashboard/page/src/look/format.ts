/** Time of day, with the day where it isn't today. */
export function formatTime(iso: string, now: Date = new Date()): string {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return iso
  const clock = time.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  if (time.toDateString() === now.toDateString()) return clock
  return `${time.toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' })}, ${clock}`
}

/** Whole numbers grouped; below ten, one digit behind the point. */
export function formatNumber(value: number): string {
  const digits = value > 0 && value < 10 && !Number.isInteger(value) ? 1 : 0
  return value.toLocaleString(undefined, { maximumFractionDigits: digits })
}

/** `past violations` for `pastViolations`. */
export function formatFactor(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace('sign in', 'sign-in')
}

/** What evidence says of a field, in one line. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (typeof value === 'string') return value
  return JSON.stringify(value)
}

/** Evidence as pairs of field and value. */
export function evidencePairs(values: unknown): readonly (readonly [string, string])[] {
  if (typeof values !== 'object' || values === null) return [['value', formatValue(values)]]
  return Object.entries(values).map(([field, value]) => [field, formatValue(value)] as const)
}

const pattern = /^(?:(?<y>\d{1,9})y)?(?:(?<w>\d{1,9})w)?(?:(?<d>\d{1,9})d)?(?:(?<h>\d{1,9})h)?(?:(?<m>\d{1,9})m)?(?:(?<s>\d{1,9})s)?(?:(?<ms>\d{1,15})ms)?$/
const unitMs = { y: 365 * 86_400_000, w: 7 * 86_400_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }
const maxMs = 100 * unitMs.y

/** A duration as Prometheus writes it, `1h30m`, in ms: units from the largest down, each at most once, or `0`. Undefined where it isn't one, or is longer than 100 years. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const groups = text === '' ? undefined : pattern.exec(text)?.groups
  if (groups === undefined) return undefined
  const ms = Object.entries(unitMs).reduce((sum, [unit, each]) => sum + Number(groups[unit] ?? 0) * each, 0)
  return ms <= maxMs ? ms : undefined
}

import { readdir, readFile } from 'node:fs/promises'

/** Clock ticks a second in /proc; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** The most memory a process ever held, in MB; NaN where the system doesn't tell from outside. */
export async function peakMemoryMb(pid: number | undefined): Promise<number> {
  const status = pid === undefined ? '' : await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1_024)
}

/** CPU time each process and its children have used so far, in seconds; 0 where the system doesn't tell. */
export async function cpuSecondsOf(processes: readonly (readonly [string, number | undefined])[]): Promise<Record<string, number>> {
  const all = new Map<number, { parent: number; seconds: number }>()
  for (const name of await readdir('/proc').catch((): string[] => [])) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // The program's name, in brackets, may hold anything: what counts begins after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields.length > 12) all.set(Number(name), { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond })
  }
  const secondsOf = (pid: number): number =>
    (all.get(pid)?.seconds ?? 0) + [...all].filter(([, { parent }]) => parent === pid).reduce((sum, [child]) => sum + secondsOf(child), 0)
  return Object.fromEntries(processes.map(([name, pid]) => [name, pid === undefined ? 0 : secondsOf(pid)]))
}

/** The middle one; of an even number the higher of both. NaN for none. */
export function median(figures: readonly number[]): number {
  return [...figures].sort((x, y) => x - y)[Math.floor(figures.length / 2)] ?? Number.NaN
}

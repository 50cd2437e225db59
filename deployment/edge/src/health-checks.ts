import { get } from 'node:http'
import { context } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import type { LogLine } from './log-line.ts'
import type { Address } from './service-proxy.ts'
import { afterReport, untried, type HealthReport } from './target-health.ts'
import type { KongUpstream } from './upstream-declaration.ts'

export interface TargetState {
  readonly upstream: string
  /** As declared. */
  readonly target: string
  readonly up: boolean
}

/** Watches the targets of the upstreams, and is told what requests met. */
export interface HealthWatch {
  /** False once a target was ejected. What isn't an upstream is always up. */
  isUp(upstream: string): boolean
  /** What a request met there. */
  report(upstream: string, met: HealthReport['met']): void
  states(): readonly TargetState[]
  stop(): void
}

/** Probes each target as its upstream says, from now on until it is stopped. */
export function watchTargets(upstreams: readonly KongUpstream[], addressOf: (host: string, port: number) => Address, log: LogLine): HealthWatch {
  const watched = new Map(upstreams.map((upstream) => [upstream.name, watch(upstream)]))

  function watch(upstream: KongUpstream) {
    const { active } = upstream.healthchecks
    const [declared] = targetsOf(upstream)
    const address = addressOf(declared.host, declared.port)
    let health = untried
    let timer: NodeJS.Timeout | undefined
    let stopped = false

    function report(given: HealthReport): void {
      const before = health.up
      health = afterReport(health, upstream.healthchecks, given)
      if (health.up === before) return
      log(health.up ? 'info' : 'error', health.up ? 'target is back' : 'target ejected', { upstream: upstream.name, met: given.met })
      schedule()
    }
    async function probeOnce(): Promise<void> {
      report({ from: 'active', met: await probe(address, active.http_path, active.timeout * 1_000) })
      schedule()
    }
    function schedule(): void {
      clearTimeout(timer)
      if (stopped) return
      const { interval } = health.up ? active.healthy : active.unhealthy
      timer = setTimeout(() => void probeOnce(), interval * 1_000).unref()
    }
    schedule()
    return {
      isUp: () => health.up,
      report,
      state: (): TargetState => ({ upstream: upstream.name, target: upstream.targets[0]?.target ?? '', up: health.up }),
      stop() {
        stopped = true
        clearTimeout(timer)
      },
    }
  }

  return {
    isUp: (upstream) => watched.get(upstream)?.isUp() ?? true,
    report: (upstream, met) => watched.get(upstream)?.report({ from: 'passive', met }),
    states: () => [...watched.values()].map(({ state }) => state()),
    stop: () => watched.forEach(({ stop }) => stop()),
  }
}

/** Host and port of an upstream's targets. */
export function targetsOf(upstream: KongUpstream): readonly [Address, ...Address[]] {
  return upstream.targets.map(({ target }) => {
    const [host = '', port] = target.split(':')
    return { host, port: Number(port) }
  }) as [Address, ...Address[]]
}

/** Asks once. Probes are no part of any trace, neither here nor at the service. */
function probe({ host, port }: Address, path: string, timeoutMs: number): Promise<HealthReport['met']> {
  const headers = { connection: 'close', traceparent: `00-${'1'.padStart(32, '0')}-${'1'.padStart(16, '0')}-00` }
  return context.with(suppressTracing(context.active()), () => {
    return new Promise<HealthReport['met']>((resolve) => {
      const timer = setTimeout(() => {
        resolve('timeout')
        asked.destroy()
      }, timeoutMs)
      const settle = (met: HealthReport['met']) => {
        clearTimeout(timer)
        resolve(met)
      }
      const asked = get({ host, port, path, headers, agent: false }, (answer) => {
        settle(answer.statusCode ?? 0)
        answer.on('error', () => {}).resume()
      }).on('error', () => settle('tcp-failure'))
    })
  })
}

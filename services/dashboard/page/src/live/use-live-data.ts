import { useEffect, useState, useSyncExternalStore } from 'react'
import { openLiveFeed } from '../data/live-feed.ts'
import { alertsQuery, violationsQuery } from '../data/operations.ts'
import { describeFailure, RequestFailed } from '../data/request-failed.ts'
import { requestGraphql } from '../data/request-graphql.ts'
import { createLiveStore, type LiveSnapshot, type LiveStore } from './live-store.ts'

/** A few times a second: fast enough to look live, slow enough to leave the page its time. */
const publishMs = 250
/** After a connection: what opened while the subscription was being made is in the list by then. */
const settleMs = 300
/** Between two readings of the alerts, however many change. */
const alertsMsMin = 3_000

interface LiveData {
  readonly snapshot: LiveSnapshot
  readonly store: LiveStore
  /** Why a list could not be read the last time. */
  readonly problem: string | undefined
  reload(): void
}

/** Follows the events of the key's tenant while its component is shown. */
export function useLiveData(apiKey: string, onRefused: () => void): LiveData {
  const [store] = useState(() => createLiveStore(Date.now))
  const [problem, setProblem] = useState<string>()
  const [reading, setReading] = useState(0)
  const snapshot = useSyncExternalStore(store.subscribe, store.snapshot)

  useEffect(() => {
    const leaving = new AbortController()
    const read = async () => {
      const [violations, alerts] = await Promise.all([
        requestGraphql(apiKey, violationsQuery, {}, leaving.signal),
        requestGraphql(apiKey, alertsQuery, {}, leaving.signal),
      ])
      store.violationsLoaded(violations.violations.nodes)
      store.alertsLoaded(alerts.alerts.nodes)
      setProblem(undefined)
    }
    read().catch((error: unknown) => {
      if (leaving.signal.aborted) return
      if (error instanceof RequestFailed && error.kind === 'unauthenticated') return onRefused()
      setProblem(describeFailure(error))
    })
    return () => leaving.abort()
  }, [apiKey, store, reading, onRefused])

  useEffect(() => {
    let again: ReturnType<typeof setTimeout> | undefined
    const readIn = (ms: number) => {
      again ??= setTimeout(() => {
        again = undefined
        setReading((count) => count + 1)
      }, ms)
    }
    const feed = openLiveFeed(apiKey, {
      ...store,
      alertChanged(alert) {
        store.alertChanged(alert)
        readIn(alertsMsMin)
      },
      connected() {
        store.connectionChanged(true)
        readIn(settleMs)
      },
      disconnected: () => store.connectionChanged(false),
      refused: onRefused,
    })
    const publishing = setInterval(store.publish, publishMs)
    return () => {
      clearTimeout(again)
      clearInterval(publishing)
      feed.close()
    }
  }, [apiKey, store, onRefused])

  return { snapshot, store, problem, reload: () => setReading((count) => count + 1) }
}

import { useEffect, useState } from 'react'
import type * as dashboardModule from '../dashboard.tsx'

type DashboardModule = typeof dashboardModule

/** The larger part of the page, charts and lists, loaded while somebody looks for the key. Undefined until it is there. */
export function useDashboard(): DashboardModule | 'failed' | undefined {
  const [loaded, setLoaded] = useState<DashboardModule | 'failed'>()
  useEffect(() => {
    import('../dashboard.tsx').then(setLoaded, () => setLoaded('failed'))
  }, [])
  return loaded
}

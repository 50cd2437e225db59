import { describeConformance } from './conformance/conformance-suite.ts'
import { TransientError } from './errors.ts'
import { createMemoryBus } from './memory-bus.ts'

describeConformance('the memory bus', {
  eventsPerKey: 100,
  slowWorkMs: 50,
  canGoAway: true,
  async createBus() {
    const bus = createMemoryBus()
    return {
      bus,
      connectionFault: () => new TransientError('connection lost'),
      setAway: bus.setAway,
      close: () => bus.close(),
    }
  },
})

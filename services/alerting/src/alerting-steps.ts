/** The steps of an alert on its way, in their order; tests end the process at each. */
export const alertingSteps = ['received', 'stored', 'grouped', 'sent', 'marked'] as const
export type AlertingStep = (typeof alertingSteps)[number]

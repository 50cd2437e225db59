/** Mistakes that people make, each of which the check has to find: in a template of the chart, or in a file of values. */
export interface PlantedFault {
  readonly what: string
  readonly file: string
  readonly from: string
  readonly to: string
}

export const plantedFaults: readonly PlantedFault[] = [
  { what: 'a misspelt field in a template', file: 'templates/_pod.tpl', from: 'imagePullPolicy:', to: 'imagePullPolcy:' },
  { what: 'a field where none is', file: 'templates/service.yaml', from: '      appProtocol: http', to: '      appProtocol: http\n      protcol: TCP' },
  { what: 'text where a number belongs', file: 'templates/_pod.tpl', from: 'revisionHistoryLimit: 5', to: 'revisionHistoryLimit: five' },
  { what: 'a misspelt value', file: 'values.yaml', from: '  partitions: 6', to: '  partitons: 6' },
  { what: 'a misspelt field of Istio', file: 'templates/canary-routes.yaml', from: '          weight: {{ $service', to: '          wieght: {{ $service' },
  { what: 'a share that does not fit', file: 'templates/canary-routes.yaml', from: 'sub 100 (int', to: 'sub 90 (int' },
  { what: 'a kind that nobody knows', file: 'templates/serviceaccount.yaml', from: 'kind: ServiceAccount', to: 'kind: ServiceAcount' },
  { what: 'a selector without pods', file: 'templates/poddisruptionbudget.yaml', from: '      {{- include "ott.selector" $labels', to: '      track: none\n      {{- include "ott.selector" $labels' },
  { what: 'a container that may write', file: 'templates/_pod.tpl', from: 'readOnlyRootFilesystem: true', to: 'readOnlyRootFilesystem: false' },
  { what: 'a setting that nobody reads', file: 'templates/_settings.tpl', from: '"KAFKA_PARTITIONS"', to: '"KAFKA_PARTITION"' },
  { what: 'a port that no container has', file: 'templates/service.yaml', from: 'targetPort: http', to: 'targetPort: web' },
]

import { labelsOf, workloadsOf } from '../kinds.ts'
import { finding, type Finding, type Manifest } from '../manifest.ts'

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const portName = /^(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** Names, labels and ports are spelled as the API server wants them, which the schemas don't say. */
export function checkNames(manifests: readonly Manifest[]): readonly Finding[] {
  const findings: Finding[] = []
  for (const manifest of manifests) {
    const fits = manifest.kind === 'Service' ? label.test(manifest.name) && manifest.name.length <= 63 : subdomain.test(manifest.name) && manifest.name.length <= 253
    if (!fits) findings.push(finding(manifest, '/metadata/name', `${manifest.name} is no legal name`))
    for (const [name, value] of Object.entries(labelsOf(manifest))) {
      if (!labelValue.test(value) || value.length > 63) findings.push(finding(manifest, `/metadata/labels/${name}`, `'${value}' is no legal value of a label`))
    }
  }
  for (const { manifest, template } of workloadsOf(manifests)) {
    for (const { name: container, ports = [] } of template.spec.containers) {
      for (const { name = 'x' } of ports) if (!portName.test(name) || name.length > 15) findings.push(finding(manifest, `/spec/template/spec/containers/${container}/ports`, `${name} is no legal name of a port`))
    }
  }
  return findings
}

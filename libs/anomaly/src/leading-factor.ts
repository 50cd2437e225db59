import { riskFactorNames, type Risk } from '@ott/contracts/event-scored'

/**
 * The factor that contributes most to a risk, with its value: the cause to name. Of equals, the first in
 * `riskFactorNames`. Undefined when nothing contributes, since then there is no cause.
 */
export function leadingFactor(risk: Pick<Risk, 'factors'>): Risk['factors'][number] | undefined {
  let leading: Risk['factors'][number] | undefined
  for (const factor of risk.factors) {
    if (!(factor.contribution > 0)) continue
    if (leading === undefined || factor.contribution > leading.contribution) leading = factor
    else if (factor.contribution === leading.contribution && rankOf(factor) < rankOf(leading)) leading = factor
  }
  return leading
}

function rankOf({ name }: Risk['factors'][number]): number {
  return riskFactorNames.indexOf(name)
}

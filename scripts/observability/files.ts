import { stringify } from 'yaml';
import { wrapped } from '../wrapped-prose.ts';
import { IN_MINUTES, rulesAt } from './alerts.ts';
import { dashboard } from './dashboard.ts';
import { metricsDocument } from './metrics-document.ts';

const HEAD = '# Generated from scripts/observability/alerts.ts by `npm run generate`; edit that.\n';

/** The generated files, by their paths below the repository. */
export const observabilityFiles = (): Readonly<Record<string, string>> => ({
  'docs/metrics.md': wrapped(metricsDocument()),
  'deploy/observability/grafana.json': `${JSON.stringify(dashboard(), null, 2)}\n`,
  'deploy/observability/alerts.yaml': `${HEAD}${stringify(rulesAt(IN_MINUTES), { lineWidth: 0 })}`,
});

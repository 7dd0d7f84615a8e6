import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { METRICS } from '../../packages/server/src/observe/telemetry/metrics/catalog.ts';
import { nameInMetrics } from '../../packages/server/src/observe/telemetry/metrics/names.ts';
import { skipWithout } from '../../test/servers/installed.ts';
import { ALERTS, type Alert, IN_MINUTES, rulesAt } from './alerts.ts';
import { dashboardRows, sentToPrometheus } from './dashboard.ts';
import {
  elsewhere,
  FAULT_AT,
  FAULTS,
  LAST_MINUTE,
  ONE_SLOW_THEN_ALL,
  type SeriesByName,
  WELL,
} from './planted-series.fixture.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'deploy/observability');
const NO_PROMTOOL = skipWithout('promtool');

const promtool = (...args: readonly string[]) =>
  promisify(execFile)('promtool', args).catch((error: { stdout: string; stderr: string }) =>
    assert.fail(`${error.stdout}${error.stderr}`),
  );

const alerting = (state: 'pending' | 'firing', minute: number, names: readonly string[]) => ({
  expr: `group by (alertname) (ALERTS{alertstate="${state}"})`,
  eval_time: `${minute}m`,
  exp_samples: names.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
});

const given = (series: SeriesByName) => ({
  interval: '1m',
  input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
});

/**
 * No other alert fires. One of the present fires when its `for` has passed, and not a minute before; another job that
 * is well hides none.
 */
function firing({ name, windowMinutes, forMinutes }: Alert) {
  const isAtOnce = windowMinutes === 0;
  const due = FAULT_AT + 1 + forMinutes;
  return {
    ...given({ ...WELL, ...elsewhere(WELL), ...FAULTS[name] }),
    promql_expr_test: [
      alerting('firing', FAULT_AT, []),
      ...(isAtOnce ? [alerting('pending', due - 1, [name])] : []),
      alerting('firing', due - 1, []),
      alerting('firing', due + windowMinutes, [name]),
    ],
  };
}

const QUEUE_FAULTS = 'safelight_faults_total{job="safelight", instance="one:9464", fault="receiving-failed"}';
const BACKUP_AGE = 'safelight_backup_age{job="safelight", instance="one:9464"}';

/**
 * The queue is away for so many minutes. The alert fires during an outage or not at all: not longer than its window
 * after the end.
 */
const outage = (minutes: number) => ({
  ...given({ ...WELL, [QUEUE_FAULTS]: `0x${FAULT_AT} 12+12x${minutes - 1} ${12 * minutes}x${LAST_MINUTE}` }),
  promql_expr_test: Array.from({ length: LAST_MINUTE - FAULT_AT }, (_, minute) =>
    alerting('firing', FAULT_AT + minute, 13 <= minute && minute <= minutes + 2 ? ['SafelightWorkFails'] : []),
  ),
});

/** A process ends, and begins some minutes later, again and again. */
const restarts = {
  ...given({ ...WELL, [BACKUP_AGE]: `100000x${FAULT_AT} ${'130000x3 stale _x3 '.repeat(8)}130000x20` }),
  promql_expr_test: Array.from({ length: LAST_MINUTE - FAULT_AT - 11 }, (_, minute) =>
    alerting('firing', FAULT_AT + 11 + minute, ['SafelightBackupOld']),
  ),
};

/** A quiet night: a call in two minutes, of which a single one was slow before the fault. */
const quietlySlow = {
  ...given({ ...WELL, ...ONE_SLOW_THEN_ALL }),
  promql_expr_test: [
    ...Array.from({ length: 20 }, (_, minute) => alerting('firing', FAULT_AT - 20 + minute, [])),
    alerting('firing', FAULT_AT + 15, ['SafelightPartSlow']),
  ],
};

/** The series of one process end, and those of another begin, whose first value already has the fault. */
const firstReadWith = (name: string, series: string) => ({
  ...given({ ...WELL, [series]: '_x30 1x70' }),
  promql_expr_test: [alerting('firing', FAULT_AT, []), alerting('firing', FAULT_AT + 3, [name])],
});

const silent = {
  ...given(WELL),
  promql_expr_test: [alerting('firing', LAST_MINUTE, []), alerting('pending', LAST_MINUTE, [])],
};

/** The faults are those of another job. */
const silentElsewhere = (faults: SeriesByName) => ({
  ...silent,
  ...given({ ...WELL, ...elsewhere({ ...WELL, ...faults }) }),
});

/** All faults in a few sets, in none of which one plants the series of another: each set costs seconds. */
function setsOfFaults(): readonly SeriesByName[] {
  const sets: SeriesByName[] = [];
  for (const series of Object.values(FAULTS)) {
    const free = sets.findIndex((set) => Object.keys(series).every((name) => !(name in set)));
    if (free < 0) sets.push(series);
    else sets[free] = { ...sets[free], ...series };
  }
  return sets;
}

/** Only another job has series. */
const emptyElsewhere = {
  ...given(elsewhere({ ...WELL, ...FAULTS['SafelightDecoderDeaths'] })),
  promql_expr_test: dashboardRows
    .flatMap(({ panels }) => panels.flatMap(({ lines }) => lines))
    .map(({ query }) => ({ expr: sentToPrometheus(query, '5m'), eval_time: `${FAULT_AT}m` })),
};

/** promtool reads JSON as YAML. */
async function testRules(rules: object, tests: readonly object[]): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-rules-'));
  await writeFile(join(folder.path, 'rules.yaml'), JSON.stringify(rules));
  const test = { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests };
  await writeFile(join(folder.path, 'test.yaml'), JSON.stringify(test));
  await promtool('test', 'rules', join(folder.path, 'test.yaml'));
}

describe('deploy/observability', { skip: NO_PROMTOOL }, () => {
  it('has rules and an example that Prometheus accepts', async () => {
    await promtool('check', 'rules', join(FOLDER, 'alerts.yaml'));
    await promtool('check', 'config', join(FOLDER, 'prometheus.yml'));
  });

  it('has alerts that are silent without a fault, and of which one fires after its time with each fault', async () => {
    assert.deepEqual(Object.keys(FAULTS).toSorted(), ALERTS.map(({ name }) => name).toSorted());
    await testRules(rulesAt(IN_MINUTES), [silent, ...ALERTS.map(firing)]);
  });

  it('has alerts that no fault of another job fires, and a dashboard that shows none of its series', async () => {
    await testRules(rulesAt(IN_MINUTES), [...setsOfFaults().map(silentElsewhere), emptyElsewhere]);
  });

  it('has alerts of single faults that also fire if a process was first read with one', async () => {
    const faultOf = (fault: string) => `safelight_faults_total{job="safelight", instance="two:9464", fault="${fault}"}`;
    await testRules(rulesAt(IN_MINUTES), [
      firstReadWith('SafelightDataFault', faultOf('unreadable-record')),
      firstReadWith('SafelightWebhookLate', faultOf('webhook-skipped')),
    ]);
  });

  it('has an alert of a slow part within 15 minutes also if it gets a call in two minutes, and not for a single slow one', async () => {
    await testRules(rulesAt(IN_MINUTES), [quietlySlow]);
  });

  it('has an alert of failing work that fires while it fails, and not after', async () => {
    await testRules(rulesAt(IN_MINUTES), [outage(8), outage(20), outage(40)]);
  });

  it('has an alert of an old backup that no restart ends', async () => {
    await testRules(rulesAt(IN_MINUTES), [restarts]);
  });

  it('a rule that never fires is found', async () => {
    const [group] = rulesAt(IN_MINUTES).groups;
    const rules = group?.rules.map((rule) => ({ ...rule, expr: rule.expr.replace('> 600', '> 6000') }));
    const late = ALERTS.filter(({ name }) => name === 'SafelightRecoveryLate').map(firing);
    await assert.rejects(testRules({ groups: [{ name: 'changed', rules }] }, late), /SafelightRecoveryLate/);
  });
});

describe('the alerts', () => {
  it('look back an hour at most', () => {
    for (const { name, windowMinutes, forMinutes } of ALERTS)
      assert.ok(windowMinutes <= 60 && forMinutes <= 60, `expected at most 60 minutes; got ${name}`);
  });

  describe('docs/runbook.md', () => {
    it('has an entry for each alert, and no other', async () => {
      const page = await readFile(join(ROOT, 'docs/runbook.md'), 'utf8');
      const entries = [...page.matchAll(/^### (Safelight\w+)\n([\s\S]*?)(?=^##|$(?![\s\S]))/gm)];
      assert.deepEqual(entries.map(([, name]) => name).toSorted(), ALERTS.map(({ name }) => name).toSorted());
      for (const { name, severity, forMinutes } of ALERTS) {
        const [, , entry = ''] = entries.find(([, one]) => one === name) ?? [];
        const minutes = `${forMinutes} ${forMinutes === 1 ? 'minute' : 'minutes'}`;
        for (const part of [`Severity \`${severity}\`, after ${minutes}.`, '**Meaning.**', '**See.**', '**Do.**'])
          assert.ok(entry.includes(part), `expected ${part} in the entry of ${name}`);
      }
    });

    it('has queries that Prometheus accepts', { skip: NO_PROMTOOL }, async () => {
      const page = await readFile(join(ROOT, 'docs/runbook.md'), 'utf8');
      const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(([, language]) => language === '');
      const inline = [...page.matchAll(/`((?:sum|max|count|rate|increase|up)\b[^`]*[)}\d])`/g)];
      const queries = [
        ...blocks.flatMap(([, , lines = '']) => lines.trim().split('\n')),
        ...inline.map(([, one]) => one),
      ];
      assert.ok(queries.length > 10);
      const rules = queries.map((expr, index) => ({ record: `query_${index}`, expr }));
      await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-runbook-'));
      const file = join(folder.path, 'rules.yaml');
      await writeFile(file, JSON.stringify({ groups: [{ name: 'runbook', rules }] }));
      await promtool('check', 'rules', file);
    });

    it('names metrics and events that exist', async () => {
      const page = await readFile(join(ROOT, 'docs/runbook.md'), 'utf8');
      const named = [...page.matchAll(/\b(?:safelight|http_server|nodejs|process|v8js)_\w+/g)].map(([name]) => name);
      const known = new Set(Object.values(METRICS).map((metric) => nameInMetrics(metric)));
      const unknown = named.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, '')));
      assert.ok(named.length > 10);
      assert.deepEqual(unknown, []);
      const observer = await readFile(join(ROOT, 'packages/server/src/observe/observer/observer.ts'), 'utf8');
      const events = [...page.matchAll(/"event":"([\w-]+)"/g)].map(([, event]) => event);
      assert.ok(events.length > 5);
      for (const event of events)
        assert.ok(observer.includes(`'${event}'`), `expected an event ${event}; there is none`);
    });
  });
});

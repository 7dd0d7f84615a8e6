import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../test/servers/free-port.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Debian's Prometheus, in a folder of its own. */
export interface Prometheus extends AsyncDisposable {
  query(query: string): Promise<readonly Sample[]>;
}

export interface PrometheusOptions {
  /** The metrics ports of the processes that it scrapes. */
  readonly metricsPorts: readonly number[];
  readonly scrapeMs: number;
  /** Whether they answer already. */
  readonly isUp: boolean;
  readonly rules: object;
}

/** Resolves once it has scraped its targets. */
export async function startPrometheus({ metricsPorts, scrapeMs, isUp, rules }: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-prometheus-'));
  const port = await freePort();
  const targets = metricsPorts.map((one) => `127.0.0.1:${one}`);
  const config = {
    global: { scrape_interval: `${scrapeMs}ms`, scrape_timeout: `${scrapeMs}ms`, evaluation_interval: '250ms' },
    rule_files: ['rules.yaml'],
    scrape_configs: [{ job_name: 'safelight', static_configs: [{ targets }] }],
  };
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
  await writeFile(join(folder, 'rules.yaml'), JSON.stringify(rules));
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const ended = once(child, 'exit');

  const query = async (text: string): Promise<readonly Sample[]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: text }),
    });
    const { status, error, data } = (await answer.json()) as Answer;
    if (status !== 'success') throw new Error(`expected an answer to ${text}; got ${error}`);
    return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  };
  const hasScraped = async () => (await query(isUp ? 'up == 1' : 'up').catch(() => [])).length === targets.length;
  while (child.exitCode === null && !(await hasScraped())) await delay(100);
  return {
    query,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[];
  };
}

import { type Queries, routesOf } from './queries.ts';

export interface Panel {
  readonly title: string;
  /** Grafana's name of a unit. */
  readonly unit: 's' | 'bytes' | 'Bps' | 'reqps' | 'ops' | 'short' | 'percentunit';
  readonly lines: readonly Line[];
}

export interface Line {
  readonly query: string;
  /** A template of Grafana: `{{label}}`. */
  readonly legend: string;
  /** 0 or without series while all is well; the alerts' test plants its faults. */
  readonly isFault?: true;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** The rows of the dashboard, from what users feel to what the machine does. */
export function rowsOf(ask: Queries): readonly Row[] {
  const errors = { 'http.response.status_code': ['5..'] } as const;
  const grants = { 'http.request.method': 'POST', 'http.route': routesOf('createUpload', 'grantUploads') } as const;
  const made = { source: 'made' } as const;
  return [
    {
      title: 'Requests',
      panels: [
        {
          title: 'Requests by status',
          unit: 'reqps',
          lines: [
            {
              query: ask.rate('requestDuration', { by: ['http.response.status_code'] }),
              legend: '{{http_response_status_code}}',
            },
          ],
        },
        {
          title: 'Share of errors (5xx), refusals apart',
          unit: 'percentunit',
          lines: [
            {
              query: `${ask.rate('requestDuration', { of: errors })} / ${ask.rate('requestDuration', { not: { 'http.response.status_code': '429' } })}`,
              legend: '5xx',
              isFault: true,
            },
          ],
        },
        {
          title: 'Latency by route, 95th percentile',
          unit: 's',
          lines: [
            {
              query: ask.quantile(0.95, 'requestDuration', { by: ['http.request.method', 'http.route'] }),
              legend: '{{http_request_method}} {{http_route}}',
            },
          ],
        },
        {
          title: 'Refusals by code',
          unit: 'reqps',
          lines: [{ query: ask.rate('refusals', { by: ['code'] }), legend: '{{code}}' }],
        },
        {
          title: 'Operations',
          unit: 'reqps',
          lines: [{ query: ask.rate('operations', { by: ['operation'] }), legend: '{{operation}}' }],
        },
        {
          title: 'Callers',
          unit: 'reqps',
          lines: [{ query: ask.rate('operations', { by: ['caller'] }), legend: '{{caller}}' }],
        },
        {
          title: 'Limits met',
          unit: 'reqps',
          lines: [{ query: ask.rate('limits', { by: ['limit'] }), legend: '{{limit}}', isFault: true }],
        },
        {
          title: 'Bytes of bodies',
          unit: 'Bps',
          lines: [
            { query: ask.amount('requestBytes'), legend: 'in' },
            { query: ask.amount('responseBytes'), legend: 'out' },
          ],
        },
      ],
    },
    {
      title: 'Uploads',
      panels: [
        {
          title: 'Grants, latency',
          unit: 's',
          lines: [
            { query: ask.quantile(0.5, 'requestDuration', { of: grants }), legend: 'median' },
            { query: ask.quantile(0.95, 'requestDuration', { of: grants }), legend: '95 %' },
          ],
        },
        {
          title: 'The funnel: uploads that reached a state',
          unit: 'ops',
          lines: [{ query: ask.rate('uploads', { by: ['state'] }), legend: '{{state}}' }],
        },
        {
          title: 'Time between states, 95th percentile',
          unit: 's',
          lines: [{ query: ask.quantile(0.95, 'uploadDuration', { by: ['phase'] }), legend: '{{phase}}' }],
        },
        {
          title: 'Rejections by code',
          unit: 'ops',
          lines: [{ query: ask.rate('rejections', { by: ['code'] }), legend: '{{code}}' }],
        },
        {
          title: 'Verdicts of gates',
          unit: 'ops',
          lines: [
            {
              query: ask.rate('verdicts', { by: ['gate', 'verdict'] }),
              legend: '{{gate}} {{verdict}}',
            },
          ],
        },
        {
          title: 'Changes of images',
          unit: 'ops',
          lines: [{ query: ask.rate('images', { by: ['change'] }), legend: '{{change}}' }],
        },
      ],
    },
    {
      title: 'Renditions and decoders',
      panels: [
        {
          title: 'Renditions by source',
          unit: 'ops',
          lines: [{ query: ask.rate('renditionDuration', { by: ['source'] }), legend: '{{source}}' }],
        },
        {
          title: 'First renditions, latency',
          unit: 's',
          lines: [
            { query: ask.quantile(0.5, 'renditionDuration', { of: made }), legend: 'median' },
            { query: ask.quantile(0.95, 'renditionDuration', { of: made }), legend: '95 %' },
          ],
        },
        {
          title: 'Renditions made',
          unit: 'ops',
          lines: [{ query: ask.rate('renditionsMade', { by: ['urgency'] }), legend: '{{urgency}}' }],
        },
        {
          title: 'Decoders: processes and jobs',
          unit: 'short',
          lines: [
            { query: `sum (${ask.series('decoderProcesses')})`, legend: 'processes' },
            { query: `sum by (state) (${ask.series('decoderJobs')})`, legend: '{{state}}' },
          ],
        },
        {
          title: 'Decoders: wait and work, 95th percentile',
          unit: 's',
          lines: [
            { query: ask.quantile(0.95, 'decoderWait', { by: ['urgency'] }), legend: 'wait, {{urgency}}' },
            { query: ask.quantile(0.95, 'decoderWork', { by: ['urgency'] }), legend: 'work, {{urgency}}' },
          ],
        },
        {
          title: 'Decoders: cores in use',
          unit: 'short',
          lines: [{ query: ask.rate('decoderCpu', { by: ['urgency'] }), legend: '{{urgency}}' }],
        },
        {
          title: 'Decoders: deaths',
          unit: 'ops',
          lines: [{ query: ask.rate('decoderDeaths', { by: ['reason'] }), legend: '{{reason}}', isFault: true }],
        },
        {
          title: 'Confinement: processes by level',
          unit: 'short',
          lines: [{ query: `sum by (level) (${ask.series('confinement')})`, legend: '{{level}}' }],
        },
      ],
    },
    {
      title: 'What the service depends on',
      panels: [
        {
          title: 'Calls by part',
          unit: 'ops',
          lines: [{ query: ask.rate('calls', { by: ['part'] }), legend: '{{part}}' }],
        },
        {
          title: 'Failed calls by part',
          unit: 'ops',
          lines: [
            {
              query: ask.rate('calls', { of: { outcome: 'failed' }, by: ['part', 'call'] }),
              legend: '{{part}} {{call}}',
              isFault: true,
            },
          ],
        },
        {
          title: 'Latency by part, 95th percentile',
          unit: 's',
          lines: [{ query: ask.quantile(0.95, 'calls', { by: ['part'] }), legend: '{{part}}' }],
        },
        {
          title: 'Faults',
          unit: 'ops',
          lines: [{ query: ask.rate('faults', { by: ['fault'] }), legend: '{{fault}}', isFault: true }],
        },
      ],
    },
    {
      title: 'Background work',
      panels: [
        {
          title: 'Jobs',
          unit: 'ops',
          lines: [{ query: ask.rate('jobs', { by: ['kind', 'outcome'] }), legend: '{{kind}} {{outcome}}' }],
        },
        {
          title: 'Time of a job, 95th percentile',
          unit: 's',
          lines: [{ query: ask.quantile(0.95, 'jobDuration', { by: ['kind'] }), legend: '{{kind}}' }],
        },
        {
          title: 'How late the oldest due work is',
          unit: 's',
          lines: [{ query: `max by (lane) (${ask.series('dueAge')})`, legend: '{{lane}}', isFault: true }],
        },
        {
          title: 'Events: how old the oldest unreadable one is',
          unit: 's',
          lines: [{ query: `max (${ask.series('outboxAge')})`, legend: 'age', isFault: true }],
        },
        {
          title: 'Attempts at deliveries to webhooks',
          unit: 'ops',
          lines: [{ query: ask.rate('webhookDuration', { by: ['outcome'] }), legend: '{{outcome}}' }],
        },
        {
          title: 'Webhooks that the service has paused',
          unit: 'short',
          lines: [{ query: `max by (reason) (${ask.series('webhooksPaused')})`, legend: '{{reason}}', isFault: true }],
        },
        {
          title: 'Webhooks: for how long one has failed',
          unit: 's',
          lines: [{ query: `max (${ask.series('webhooksFailingAge')})`, legend: 'age', isFault: true }],
        },
        {
          title: 'Rounds of the sweeper',
          unit: 'ops',
          lines: [{ query: ask.rate('sweeps', { by: ['outcome'] }), legend: '{{outcome}}' }],
        },
        {
          title: 'Dead letters',
          unit: 'short',
          lines: [{ query: `max (${ask.series('deadLetters')})`, legend: 'dead letters', isFault: true }],
        },
        {
          title: 'Age of the last backup',
          unit: 's',
          lines: [{ query: `max (${ask.series('backupAge')})`, legend: 'age' }],
        },
        {
          title: 'Images that count against quotas',
          unit: 'short',
          lines: [{ query: `max (${ask.series('usageImages')})`, legend: 'images' }],
        },
        {
          title: 'Bytes of their originals',
          unit: 'bytes',
          lines: [{ query: `max (${ask.series('usageBytes')})`, legend: 'bytes' }],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'Active requests',
          unit: 'short',
          lines: [{ query: ask.series('activeRequests'), legend: '{{instance}}' }],
        },
        {
          title: 'Event loop: longest delay',
          unit: 's',
          lines: [{ query: ask.series('eventLoopDelay'), legend: '{{instance}}' }],
        },
        {
          title: 'Event loop: use',
          unit: 'percentunit',
          lines: [{ query: ask.series('eventLoopUse'), legend: '{{instance}}' }],
        },
        {
          title: 'Cores in use, without decoders',
          unit: 'short',
          lines: [{ query: ask.rate('cpuTime'), legend: 'all processes' }],
        },
        {
          title: 'Memory, without decoders',
          unit: 'bytes',
          lines: [
            { query: ask.series('residentMemory'), legend: '{{instance}} resident' },
            { query: ask.series('heapUsed'), legend: '{{instance}} heap' },
          ],
        },
        {
          title: 'Open files',
          unit: 'short',
          lines: [{ query: ask.series('openFiles'), legend: '{{instance}}' }],
        },
        {
          title: 'Free disk, and its reserve',
          unit: 'bytes',
          lines: [
            { query: ask.series('diskFree'), legend: '{{instance}} free' },
            { query: ask.series('diskReserve'), legend: '{{instance}} reserve' },
          ],
        },
        {
          title: 'Clock: ahead of a store',
          unit: 's',
          lines: [{ query: ask.series('clockOffset'), legend: '{{instance}}, {{part}}', isFault: true }],
        },
        {
          title: 'Connections to PostgreSQL',
          unit: 'short',
          lines: [
            { query: `sum by (state) (${ask.series('databaseConnections')})`, legend: '{{state}}' },
            { query: `sum (${ask.series('databaseWaiting')})`, legend: 'calls that wait for one' },
          ],
        },
        {
          title: 'Processes by version',
          unit: 'short',
          lines: [{ query: `sum by (version, node) (${ask.series('build')})`, legend: '{{version}}, Node {{node}}' }],
        },
        {
          title: 'Dropped spans',
          unit: 'ops',
          lines: [{ query: ask.rate('droppedSpans'), legend: 'spans', isFault: true }],
        },
      ],
    },
  ];
}

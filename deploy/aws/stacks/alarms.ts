import { Aws, Fn, type Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, type MetricId } from '../../../packages/server/src/observe/telemetry/metrics/catalog.ts';
import { INDEXES } from '../../../packages/server/src/records/dynamodb/schema.ts';
import { acknowledge } from './acknowledge.ts';
import { isGiven } from './parameters.ts';

/** What is watched: names of functions, API, queues, table and rule. */
export interface Watched {
  readonly http: string;
  readonly worker: string;
  readonly api: string;
  readonly queue: string;
  readonly deadLetterQueue: string;
  readonly table: string;
  readonly sweepRule: string;
  /** The namespace of the metrics that the functions report themselves. */
  readonly namespace: string;
}

interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'Maximum' | 'Minimum' | 'p95';
}

interface Alarm {
  readonly id: string;
  /** One sentence: what it means, and where to look. */
  readonly about: string;
  /** Several are added up. */
  readonly metrics: readonly [Metric, ...Metric[]];
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  /** Periods, of which so many must be bad. */
  readonly bad: { readonly periods: number; readonly of: number };
  /** A metric without data counts as bad: nothing ran. */
  readonly isSilenceBad?: true;
  /** Instead of five minutes. CloudWatch looks back for a day, and with an hour or more for a week. */
  readonly periodSeconds?: number;
}

const PERIOD_SECONDS = 300;

/** docs/deploy-aws.md says what to do about each. */
export function alarmsOf(watched: Watched): readonly Alarm[] {
  const { http, worker, api, queue, deadLetterQueue, table, sweepRule, namespace } = watched;
  const once = { periods: 1, of: 1 };
  const twice = { periods: 2, of: 3 };
  const lambda = (metricName: string, name: string): Metric => ({
    namespace: 'AWS/Lambda',
    metricName,
    dimensions: { FunctionName: name },
    statistic: 'Sum',
  });
  const sqs = (metricName: string, name: string): Metric => ({
    namespace: 'AWS/SQS',
    metricName,
    dimensions: { QueueName: name },
    statistic: 'Maximum',
  });
  const ofTable = (metricName: string, index?: string): Metric => ({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensions: { TableName: table, ...(index !== undefined && { GlobalSecondaryIndexName: index }) },
    statistic: 'Sum',
  });
  const ofRule = (metricName: string): Metric => ({
    namespace: 'AWS/Events',
    metricName,
    dimensions: { RuleName: sweepRule },
    statistic: 'Sum',
  });
  /** A row of `EMF_METRICS` (packages/server/src/observe/telemetry/emf/emf-metrics.ts), with its dimensions. */
  const own = (id: MetricId, dimensions: Metric['dimensions'], statistic: Metric['statistic']): Metric => ({
    namespace,
    metricName: METRICS[id].name,
    dimensions,
    statistic,
  });
  const above = (threshold: number) => ({ comparison: 'GreaterThanThreshold', threshold }) as const;
  const indexes = INDEXES.map(({ name }) => name);
  return [
    {
      id: 'HttpErrors',
      about: 'The HTTP function crashed, timed out or did not start: its log says why.',
      metrics: [lambda('Errors', http)],
      ...above(0),
      bad: twice,
    },
    {
      id: 'HttpThrottles',
      about: "Requests found no free instance: raise the account's concurrency, or lower RequestsPerSecond.",
      metrics: [lambda('Throttles', http)],
      ...above(0),
      bad: twice,
    },
    {
      id: 'WorkerErrors',
      about: 'Sweeps or batches of the worker fail: uploads become ready late. Its log says why.',
      metrics: [lambda('Errors', worker)],
      ...above(0),
      bad: twice,
    },
    {
      id: 'WorkerThrottles',
      about: "Jobs found no free instance of the worker: raise the account's concurrency.",
      metrics: [lambda('Throttles', worker)],
      ...above(0),
      bad: twice,
    },
    {
      id: 'Sweeps',
      about: 'The schedule did not call the worker for ten minutes: nothing expired is removed, no late upload found.',
      metrics: [ofRule('Invocations')],
      comparison: 'LessThanThreshold',
      threshold: 1,
      bad: { periods: 2, of: 2 },
      isSilenceBad: true,
    },
    {
      // Invocations counts failed ones too. FailedInvocations has no data until one fails, so a difference of both
      // might have none while all is well, and would alarm.
      id: 'FailedSweeps',
      about: 'The schedule may not call the worker: look at its permission. Nothing expired is removed meanwhile.',
      metrics: [ofRule('FailedInvocations')],
      ...above(0),
      bad: twice,
    },
    {
      id: 'ServerErrors',
      about: 'Clients get answers of 5xx. The log of the HTTP function has each with its problem.',
      metrics: [{ namespace: 'AWS/ApiGateway', metricName: '5xx', dimensions: { ApiId: api }, statistic: 'Sum' }],
      ...above(5),
      bad: twice,
    },
    {
      id: 'QueueAge',
      about: 'Jobs wait more than five minutes: the worker fails, or has too few instances.',
      metrics: [sqs('ApproximateAgeOfOldestMessage', queue)],
      ...above(300),
      bad: twice,
    },
    {
      id: 'DeadLetters',
      about: 'Jobs failed for good. Each dead letter has its reason: docs/running.md, "Dead letters".',
      metrics: [sqs('ApproximateNumberOfMessagesVisible', deadLetterQueue)],
      ...above(0),
      bad: once,
    },
    {
      id: 'TableThrottles',
      about:
        'DynamoDB refuses requests: a partition is hot, or the table grows faster than it can. The service repeats them.',
      metrics: [
        ofTable('ReadThrottleEvents'),
        ofTable('WriteThrottleEvents'),
        ...indexes.flatMap((index) => [ofTable('ReadThrottleEvents', index), ofTable('WriteThrottleEvents', index)]),
      ],
      ...above(0),
      bad: twice,
    },
    {
      id: 'SlowGrants',
      about: 'One grant in twenty takes more than a second: users begin to upload late. Look at the table.',
      metrics: [own('requestDuration', { 'http.route': '/uploads' }, 'p95')],
      ...above(1),
      bad: twice,
    },
    {
      id: 'SlowRenditions',
      about: 'One first rendition in twenty takes more than five seconds: large originals, or cold functions.',
      metrics: [own('renditionDuration', { source: 'made' }, 'p95')],
      ...above(5),
      bad: twice,
    },
    {
      id: 'LateRecovery',
      about: 'An interrupted upload has waited ten minutes for its recovery: look at the sweeps.',
      metrics: [own('dueAge', { lane: 'recovery' }, 'Maximum')],
      ...above(600),
      bad: twice,
    },
    {
      id: 'Faults',
      about: 'The log of a function has warnings that need an operator: search it for their events.',
      metrics: [own('faults', {}, 'Sum')],
      ...above(0),
      bad: twice,
    },
  ];
}

const HOUR_SECONDS = 3_600;
const OLD_HOURS = 36;

/** The alarms of the project that makes backups. */
export function backupAlarms(project: string): readonly Alarm[] {
  const builds = (metricName: string): Metric => ({
    namespace: 'AWS/CodeBuild',
    metricName,
    dimensions: { ProjectName: project },
    statistic: 'Sum',
  });
  return [
    {
      id: 'BackupFailed',
      about: 'A backup failed, or lacks images that the service has lost: its log names each.',
      metrics: [builds('FailedBuilds')],
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      bad: { periods: 1, of: 1 },
    },
    {
      id: 'BackupOld',
      about: 'No backup has succeeded for 36 hours, or never: look at the builds of the project.',
      metrics: [builds('SucceededBuilds')],
      comparison: 'LessThanThreshold',
      threshold: 1,
      bad: { periods: OLD_HOURS, of: OLD_HOURS },
      isSilenceBad: true,
      periodSeconds: HOUR_SECONDS,
    },
  ];
}

/** Without a topic they still show their state on the dashboard. */
export function createAlarms(stack: Stack, alarms: readonly Alarm[], topicArn: string): readonly CfnAlarm[] {
  const hasTopic = isGiven(stack, 'HasAlarmTopic', topicArn);
  const actions = Fn.conditionIf(hasTopic, [topicArn], Aws.NO_VALUE) as never;
  return alarms.map(({ id, about, metrics, comparison, threshold, bad, isSilenceBad, periodSeconds }) => {
    const alarm = new CfnAlarm(stack, `Alarm${id}`, {
      alarmName: `${Aws.STACK_NAME}-${id}`,
      alarmDescription: about,
      ...measured(metrics, periodSeconds),
      comparisonOperator: comparison,
      threshold,
      evaluationPeriods: bad.of,
      datapointsToAlarm: bad.periods,
      treatMissingData: isSilenceBad ? 'breaching' : 'notBreaching',
      alarmActions: actions,
      okActions: actions,
    });
    acknowledge(alarm, 'CloudFormation-Validate::W1030', 'Without a topic there are no actions: a condition says so.');
    return alarm;
  });
}

function measured([first, ...rest]: Alarm['metrics'], periodSeconds = PERIOD_SECONDS) {
  const dimensionsOf = ({ dimensions }: Metric) => Object.entries(dimensions).map(([name, value]) => ({ name, value }));
  if (rest.length === 0) {
    const { namespace, metricName, statistic } = first;
    const how = statistic === 'p95' ? { extendedStatistic: statistic } : { statistic };
    return { namespace, metricName, ...how, dimensions: dimensionsOf(first), period: periodSeconds };
  }
  const all = [first, ...rest].map((metric, at) => ({
    id: `m${at}`,
    returnData: false,
    metricStat: {
      metric: { namespace: metric.namespace, metricName: metric.metricName, dimensions: dimensionsOf(metric) },
      stat: metric.statistic,
      period: periodSeconds,
    },
  }));
  const sum = `FILL(m0,0)${rest.map((_, at) => `+FILL(m${at + 1},0)`).join('')}`;
  return { metrics: [{ id: 'sum', expression: sum, label: 'all together', returnData: true }, ...all] };
}

import { Aws, type Stack } from 'aws-cdk-lib';
import { type CfnAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { Watched } from './alarms.ts';

const WIDTH = 8;
const HEIGHT = 6;
const PER_ROW = 3;

type Line = readonly [namespace: string, metric: string, ...rest: readonly unknown[]];

/** One page: the alarms, then how much, how fast and how well. */
export function createDashboard(stack: Stack, watched: Watched, alarms: readonly CfnAlarm[]): CfnDashboard {
  const { http, worker, api, queue, deadLetterQueue, table } = watched;
  const graph = (title: string, stat: string, lines: readonly Line[]) => ({
    type: 'metric',
    properties: { title, stat, period: 300, view: 'timeSeries', region: Aws.REGION, metrics: lines },
  });
  const ofApi = (metric: string): Line => ['AWS/ApiGateway', metric, 'ApiId', api];
  const ofLambda = (metric: string): Line[] => [
    ['AWS/Lambda', metric, 'FunctionName', http, { label: 'http' }],
    ['AWS/Lambda', metric, 'FunctionName', worker, { label: 'worker' }],
  ];
  const ofQueue = (metric: string, name: string, label: string): Line => [
    'AWS/SQS',
    metric,
    'QueueName',
    name,
    { label },
  ];
  const ofTable = (metric: string): Line => ['AWS/DynamoDB', metric, 'TableName', table];
  const graphs = [
    graph('Requests', 'Sum', [ofApi('Count'), ofApi('4xx'), ofApi('5xx')]),
    graph('Time of an answer, 99 of 100 (ms)', 'p99', [ofApi('Latency'), ofApi('IntegrationLatency')]),
    graph('Bytes through the API', 'Sum', [ofApi('DataProcessed')]),
    graph('Calls of the functions', 'Sum', ofLambda('Invocations')),
    graph('Errors and throttles', 'Sum', [...ofLambda('Errors'), ...ofLambda('Throttles')]),
    graph('Instances at a time', 'Maximum', ofLambda('ConcurrentExecutions')),
    graph('Oldest job (s)', 'Maximum', [ofQueue('ApproximateAgeOfOldestMessage', queue, 'queue')]),
    graph('Jobs', 'Maximum', [
      ofQueue('ApproximateNumberOfMessagesVisible', queue, 'waiting'),
      ofQueue('ApproximateNumberOfMessagesNotVisible', queue, 'in work'),
      ofQueue('ApproximateNumberOfMessagesVisible', deadLetterQueue, 'dead letters'),
    ]),
    graph('Table: units and throttles', 'Sum', [
      ofTable('ConsumedReadCapacityUnits'),
      ofTable('ConsumedWriteCapacityUnits'),
      ofTable('ReadThrottleEvents'),
      ofTable('WriteThrottleEvents'),
    ]),
  ];
  const widgets = [
    {
      type: 'alarm',
      x: 0,
      y: 0,
      width: WIDTH * PER_ROW,
      height: 3,
      properties: { title: 'Alarms', alarms: alarms.map(({ attrArn }) => attrArn) },
    },
    ...graphs.map((one, at) => ({
      x: (at % PER_ROW) * WIDTH,
      y: 3 + Math.floor(at / PER_ROW) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      ...one,
    })),
  ];
  return new CfnDashboard(stack, 'Dashboard', {
    dashboardName: `${Aws.STACK_NAME}-${Aws.REGION}`,
    dashboardBody: stack.toJsonString({ widgets }),
  });
}

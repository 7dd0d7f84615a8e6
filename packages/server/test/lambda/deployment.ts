import { startEventSource } from '../../../../test/servers/lambda-event-source.ts';
import type { FunctionError } from '../../../../test/servers/lambda-instance.ts';
import type { LambdaFunction } from '../../../../test/servers/lambda-runtime.ts';
import { startSchedule } from '../../../../test/servers/lambda-schedule.ts';
import { startNotifications } from '../../../../test/servers/notifications.ts';
import { createQueue, type TestQueue } from '../../../../test/servers/queue.ts';
import { sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { type Cloud, createCloud } from '../services/cloud.ts';
import { buildFunction, deployFunction, deployHttpFunction } from './function.ts';

/** The service without processes: both functions, and everything that invokes them. */
export interface LambdaDeployment extends AsyncDisposable {
  readonly cloud: Cloud;
  /** The origin of the HTTP API. */
  readonly origin: string;
  /** The failures of the worker's events so far; there should be none. */
  failures(): readonly FunctionError[];
  /** The output of both functions so far. */
  output(): string;
}

/** Replaces EventBridge's minute in tests. */
const SWEEP_EVERY_MS = 1_000;

/** In a new cloud. */
export async function startLambdaDeployment(
  settings: Readonly<Record<string, string>> = {},
): Promise<LambdaDeployment> {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await createCloud());
  const deployment = stack.use(await startLambdaDeploymentIn(cloud, settings));
  const held = stack.move();
  return { ...deployment, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The cloud outlives it. */
export async function startLambdaDeploymentIn(
  cloud: Cloud,
  settings: Readonly<Record<string, string>> = {},
): Promise<LambdaDeployment> {
  await using stack = new AsyncDisposableStack();
  const httpCode = stack.use(await buildFunction('http'));
  const workerCode = stack.use(await buildFunction('worker'));
  const { sqs } = stack.use(await sqsForTests());
  const queue = stack.use(await createQueue(sqs));
  const environment = { ...cloud.environment, SQS_QUEUE_URL: queue.url, ...settings };
  const http = stack.use(await deployHttpFunction(httpCode, environment));
  const worker = stack.use(await deployFunction(workerCode, environment));
  const invokers = stack.use(await invoke(worker.lambda, { cloud, queue }));
  const held = stack.move();
  return {
    cloud,
    origin: http.origin,
    failures: invokers.failures,
    output: () => `${http.lambda.output()}${worker.lambda.output()}`,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

interface Invokers extends AsyncDisposable {
  failures(): readonly FunctionError[];
}

/** Everything that invokes the worker: the bucket's events, the queue and the schedule. */
export async function invoke(
  worker: LambdaFunction,
  { cloud, queue }: { readonly cloud: Pick<Cloud, 'bucket'>; readonly queue: TestQueue },
): Promise<Invokers> {
  await using stack = new AsyncDisposableStack();
  stack.use(await startNotifications({ bucket: cloud.bucket, queue }));
  const source = stack.use(startEventSource({ queue, to: worker }));
  const schedule = stack.use(startSchedule({ to: worker, everyMs: SWEEP_EVERY_MS }));
  const held = stack.move();
  return {
    failures: () => [...source.failures, ...schedule.failures],
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

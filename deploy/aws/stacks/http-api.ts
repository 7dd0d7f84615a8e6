import { Aws, type Stack } from 'aws-cdk-lib';
import { CfnApi, CfnIntegration, CfnRoute, CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { acknowledge } from './acknowledge.ts';
import type { DeployedFunction } from './functions.ts';

export interface HttpApiOptions {
  readonly to: DeployedFunction;
  readonly logDays: number;
  /** The limit of all callers together. */
  readonly requestsPerSecond: number;
}

export interface HttpApi {
  readonly api: CfnApi;
  readonly stage: CfnStage;
  /** The host that CloudFront asks. */
  readonly domainName: string;
}

/** What is logged of a request. No path and no query: both may hold what gives access to an image. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  method: '$context.httpMethod',
  status: '$context.status',
  integrationStatus: '$context.integration.status',
  latencyMs: '$context.responseLatency',
  functionMs: '$context.integrationLatency',
  bytes: '$context.responseLength',
  error: '$context.error.responseType',
};

/** Passes every request on to the function, which authenticates the callers itself. */
export function createHttpApi(stack: Stack, { to, logDays, requestsPerSecond }: HttpApiOptions): HttpApi {
  const { lambda } = to;
  const api = new CfnApi(stack, 'Api', {
    name: Aws.STACK_NAME,
    description: 'Safelight, behind CloudFront: without its secret every answer is a 403',
    protocolType: 'HTTP',
  });
  const integration = new CfnIntegration(stack, 'ApiIntegration', {
    apiId: api.ref,
    integrationType: 'AWS_PROXY',
    integrationUri: lambda.attrArn,
    payloadFormatVersion: '2.0',
    timeoutInMillis: 30_000,
  });
  const route = new CfnRoute(stack, 'ApiRoute', {
    apiId: api.ref,
    routeKey: '$default',
    target: `integrations/${integration.ref}`,
    authorizationType: 'NONE',
  });
  acknowledge(route, 'AwsSolutions-APIG4', 'The function authenticates each caller: API keys, tokens, signed URLs.');
  const logs = new CfnLogGroup(stack, 'ApiLogs', {
    logGroupName: `/safelight/${Aws.STACK_NAME}/api`,
    retentionInDays: logDays,
  });
  const stage = new CfnStage(stack, 'ApiStage', {
    apiId: api.ref,
    stageName: '$default',
    autoDeploy: true,
    accessLogSettings: { destinationArn: logs.attrArn, format: JSON.stringify(ACCESS_LOG) },
    defaultRouteSettings: {
      throttlingRateLimit: requestsPerSecond,
      throttlingBurstLimit: requestsPerSecond,
    },
  });
  new CfnPermission(stack, 'ApiPermission', {
    action: 'lambda:InvokeFunction',
    functionName: lambda.ref,
    principal: 'apigateway.amazonaws.com',
    sourceArn: stack.formatArn({ service: 'execute-api', resource: api.ref, resourceName: '*' }),
  });
  return { api, stage, domainName: `${api.ref}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}` };
}

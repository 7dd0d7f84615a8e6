import type { DynamoEndpoint } from './dynamo-endpoint.ts';
import { startFront } from './front.ts';
import type { S3Endpoint } from './s3-endpoint.ts';

/** S3 and DynamoDB at one URL, like LocalStack. */
export interface OneEndpoint extends AsyncDisposable {
  readonly url: string;
  /** The given servers, at that URL. */
  readonly s3: S3Endpoint;
  readonly dynamo: DynamoEndpoint;
}

export interface OneEndpointOptions {
  readonly s3: S3Endpoint;
  readonly dynamo: DynamoEndpoint;
}

export async function startOneEndpoint({ s3, dynamo }: OneEndpointOptions): Promise<OneEndpoint> {
  const front = await startFront(({ headers }) =>
    String(headers['x-amz-target'] ?? '').startsWith('DynamoDB') ? dynamo.url : s3.url,
  );
  const { url } = front;
  return { ...front, s3: { ...s3, url }, dynamo: { ...dynamo, url } };
}

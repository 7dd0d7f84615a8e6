/** What a client needs to reach an SQS server. */
export interface SqsEndpoint {
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

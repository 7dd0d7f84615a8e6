/** The settings by which a client reaches an SQS server. */
export interface SqsEndpoint {
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

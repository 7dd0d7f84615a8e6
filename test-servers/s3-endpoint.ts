/** What a client needs to reach an S3 server: paths name the bucket. */
export interface S3Endpoint {
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

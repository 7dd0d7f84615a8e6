/** The account of all test servers, which listen on loopback during a run. */
export const TEST_ACCOUNT = {
  region: 'us-east-1',
  accessKeyId: 'safelight-test',
  secretAccessKey: 'opens-loopback-only',
} as const;

/** Of all test servers: it opens ports of loopback, for as long as a run lasts. */
export const TEST_ACCOUNT = {
  region: 'us-east-1',
  accessKeyId: 'safelight-test',
  secretAccessKey: 'opens-loopback-only',
} as const;

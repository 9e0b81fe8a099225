// Uses an endpoint by the SDK for JavaScript. The address and the keys come from the environment.
const assert = require('assert');
const sm = require('@aws-sdk/client-secrets-manager');

const client = new sm.SecretsManagerClient({ endpoint: process.env.ENDPOINT_URL });
const send = (name, input) => client.send(new sm[name + 'Command'](input));

(async () => {
  const text = '{"password":"p<&>ü\u2028", "n": 1.10}';
  const made = await send('CreateSecret', { Name: 'prod/db', SecretString: text });
  const got = await send('GetSecretValue', { SecretId: made.ARN });
  assert.strictEqual(got.SecretString, text);
  assert(got.CreatedDate instanceof Date && got.CreatedDate.getFullYear() >= 2024);
  await send('PutSecretValue', { SecretId: 'prod/db', SecretBinary: new Uint8Array([0, 255]), VersionStages: ['blue'] });
  const blue = await send('GetSecretValue', { SecretId: 'prod/db', VersionStage: 'blue' });
  assert.deepStrictEqual([...blue.SecretBinary], [0, 255]);
  const listed = await send('ListSecrets', { Filters: [{ Key: 'name', Values: ['prod'] }] });
  assert.strictEqual(listed.SecretList[0].SecretVersionsToStages[made.VersionId][0], 'AWSCURRENT');
  await assert.rejects(send('GetSecretValue', { SecretId: 'absent' }), sm.ResourceNotFoundException);
  await send('DeleteSecret', { SecretId: 'prod/db' });
  await send('RestoreSecret', { SecretId: 'prod/db' });
  assert.strictEqual((await send('GetRandomPassword', { PasswordLength: 40 })).RandomPassword.length, 40);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});

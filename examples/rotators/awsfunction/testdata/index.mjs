// Makes passwords and changes nothing, in the shape of AWS's rotation functions.
import {
  DescribeSecretCommand, GetRandomPasswordCommand, GetSecretValueCommand, PutSecretValueCommand,
  SecretsManagerClient, UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";

const client = new SecretsManagerClient({});

export const handler = async ({SecretId, ClientRequestToken, Step}) => {
  const read = async (VersionStage, VersionId) =>
    JSON.parse((await client.send(new GetSecretValueCommand({SecretId, VersionStage, VersionId}))).SecretString);
  const {VersionIdsToStages} = await client.send(new DescribeSecretCommand({SecretId}));
  if (!VersionIdsToStages[ClientRequestToken].includes("AWSPENDING")) throw new Error("not AWSPENDING");
  switch (Step) {
    case "createSecret": {
      const value = await read("AWSCURRENT");
      const made = await client.send(new GetRandomPasswordCommand({PasswordLength: 40}));
      value.password = made.RandomPassword;
      await client.send(new PutSecretValueCommand({
        SecretId, ClientRequestToken, SecretString: JSON.stringify(value), VersionStages: ["AWSPENDING"],
      }));
      break;
    }
    case "testSecret":
      await read("AWSPENDING", ClientRequestToken);
      break;
    case "finishSecret": {
      const [old] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT"));
      await client.send(new UpdateSecretVersionStageCommand({
        SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: ClientRequestToken, RemoveFromVersionId: old,
      }));
    }
  }
};

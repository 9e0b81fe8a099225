#!/usr/bin/env node
import { execFileSync } from "node:child_process";

// Returns what `secret get` prints. A failure throws; the error's status is 3 for "no such secret".
const secret = (...args) => execFileSync("secret", ["get", ...args]);

const apiKey = secret("openai/key").toString();
const database = JSON.parse(secret("prod/db"));
console.log(`node has a key of ${apiKey.length} characters and logs in as ${database.username}@${database.host}`);

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {lengths} from './rate.ts'

const at = seconds => new Date(seconds * 1000).toISOString()
const run = members => ({status: 'running', created_at: at(0), started_at: at(4), paused_at: null, finished_at: null, ...members})

test('the first and the last bucket are as long as the run lasted in them', () => {
	assert.deepEqual(lengths(run(), [0, 10, 20], 10, 26), [6, 10, 6])
	assert.deepEqual(lengths(run({status: 'finished', finished_at: at(23)}), [0, 10, 20], 10, 60), [6, 10, 3])
	assert.deepEqual(lengths(run({status: 'paused', paused_at: at(25)}), [0, 10, 20], 10, 60), [6, 10, 5])
	assert.deepEqual(lengths(run(), [0], 10, 4.2), [1])
})

test('a bucket that has just begun has no length, as long as the run goes on', () => {
	assert.deepEqual(lengths(run(), [0, 10, 20], 10, 21), [6, 10, null])
	assert.deepEqual(lengths(run(), [0, 3600], 3600, 3620), [3596, null])
	assert.deepEqual(lengths(run(), [0, 3600], 3600, 3640), [3596, 40])
	assert.deepEqual(lengths(run({status: 'finished', finished_at: at(20.5)}), [0, 10, 20], 10, 60), [6, 10, 1])
})

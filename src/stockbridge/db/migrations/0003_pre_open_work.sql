-- Questions asked at every turn look only at what is still to be done, and do not grow with what is done.
CREATE INDEX effect_open ON effect (account, subject, connection, effect_id) WHERE state IN ('pending', 'sending', 'unknown');
CREATE INDEX submission_moving ON submission (account, reference) WHERE state = 'moving';

from tests.journeys.test_connections import *
def test_dbg(world):
    change_key(world, "another")
    orders = [world.shop.control.place({"PAN24": 1}) for _ in range(12)]
    seen=0
    for k in range(40):
        world.pass_time(5)
        calls=world.streets.asked(f"POST {WMS_URL}/v1/orders"); 
        print(5*(k+1), len(calls)-seen, [c.body[14:30] if c.body else c.url for c in calls[seen:]][:14]); seen=len(calls)
    with world.database.begin() as c: print(c.exec_driver_sql("select kind,state,attempts,next_at,reason from effect where kind='submit_order' order by next_at").all()[:14])
    assert 0
